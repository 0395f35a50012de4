#include "quarantine/restoration.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "core/allow_mark.h"
#include "core/provenance.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_object_store.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Versions = FakeObjectStore::Versions;
using Call = FakeObjectStore::Call;

const BucketName kUploads("uploads");
const BucketName kQuarantine("cordon-quarantine-main-1-r");
const BucketName kSystem("cordon-system-main-1");
const BucketName kOtherQuarantine("named-in-the-settings");
const std::string kContent = "some harmful content";

/// Thrown by a step that "crashes", as nothing in the code under test catches it.
struct Crash {};

class RestorationTest : public testing::Test {
 protected:
  RestorationTest() { world(Versions::on); }

  void world(Versions versions) {
    store_.make_bucket(kUploads, versions);
    store_.make_bucket(kQuarantine, Versions::on);
    store_.make_bucket(kSystem, Versions::on);
    store_.make_bucket(BucketName("elsewhere"), versions);
  }

  /// As the agent leaves it.
  ObjectRef quarantined(const std::string& key = "tool", const std::string& result = "Infected",
                        std::vector<std::string> signatures = {"Sig.A"}) {
    const Provenance from{.object = {kUploads, ObjectKey(key), VersionId("v0")},
                          .etag = ETag("e0"),
                          .sha256 = hex(sha256(kContent)),
                          .signature = signatures.empty() ? "" : signatures.front(),
                          .time = clock_.system_now(),
                          .result_id = "01JD0000000000000000000000",
                          .result = result,
                          .signatures = signatures};
    const ObjectKey to = quarantine_key(from.object);
    auto metadata = quarantine_metadata(from, kQuarantine, to, {{"color", "blue"}});
    metadata["color"] = "blue";
    TagSet tags{{"owner", "me"}, {"scan-result", result}};
    if (!signatures.empty()) tags["virus-name"] = signatures.front();
    return {kQuarantine, to, store_.put(kQuarantine, to, kContent, tags, metadata).version};
  }

  RestorePorts ports() {
    return {.store = store_,
            .catalogue = catalogue_,
            .clock = clock_,
            .is_own =
                [](const BucketName& bucket) {
                  return bucket == kSystem || bucket == kOtherQuarantine;
                },
            .is_watched = [this](const BucketName&, Deadline, std::stop_token) -> Result<bool> {
              return watched_;
            },
            .is_here = [](const BucketName& bucket, Deadline, std::stop_token) -> Result<bool> {
              return bucket.str() != "overseas";
            },
            .list_allowed =
                [this](const std::vector<AllowEntry>& entries, Deadline, std::stop_token) {
                  if (!list_failure_) listed_ = entries;
                  return list_failure_ ? Result<void>(*list_failure_) : Result<void>();
                },
            .before =
                [this](std::string_view step) {
                  steps_ += (steps_.empty() ? "" : " ") + std::string(step);
                  if (step == crash_at_) throw Crash{};
                  if (act_at_ && step == act_at_->first) act_at_->second();
                }};
  }
  Result<Restored> restore(RestoreRequest request) {
    return Restoration(ports(), std::move(request), Deadline::never(), {}).run();
  }
  Error refused(RestoreRequest request) {
    const Result<Restored> done = restore(std::move(request));
    return done ? Error{Errc::cancelled, "(restored)"} : done.error();
  }

  bool passes(const ObjectRef& object) {
    const auto stored = store_.current(object.bucket, object.key);
    const auto mark = store_.current(
        kQuarantine, allow_mark_key(object.bucket, object.key, hex(sha256(stored->content))));
    if (!mark) return false;
    return lets_pass(decode_allow_mark(mark->content).value(),
                     {{object.bucket, object.key, stored->version},
                      stored->etag,
                      stored->modified,
                      hex(sha256(stored->content))},
                     clock_.system_now());
  }
  bool in_quarantine(const ObjectRef& stored) {
    return store_.head(stored, Deadline::never(), {}).ok();
  }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  FakeObjectStore store_;
  FakeBucketCatalogue catalogue_{store_};
  bool watched_ = true;
  std::string steps_;
  std::string crash_at_;
  std::optional<std::pair<std::string, std::function<void()>>> act_at_;
  std::vector<AllowEntry> listed_;
  std::optional<Error> list_failure_;
};

TEST_F(RestorationTest, PutsTheObjectBackAsItWasAndSaysThatItIsAllowed) {
  const ObjectRef stored = quarantined();

  const Result<Restored> done = restore({.stored = stored, .allow = Allow::once});

  ASSERT_TRUE(done) << done.error().what;
  const auto back = store_.current(kUploads, ObjectKey("tool"));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->content, kContent);
  EXPECT_EQ(back->metadata.at("color"), "blue");
  EXPECT_FALSE(back->metadata.contains("cordon-key")) << "what quarantine needed stays there";
  EXPECT_EQ(back->tags.at("owner"), "me");
  EXPECT_EQ(back->tags.at("scan-result"), "InfectedAllowed");
  EXPECT_EQ(back->tags.at("virus-name"), "Sig.A");
  EXPECT_EQ(done->place, (ObjectRef{kUploads, ObjectKey("tool"), back->version}));
  EXPECT_FALSE(in_quarantine(stored));
  EXPECT_EQ(steps_, "mark copy verify bind delete");
}

// Only what somebody names with `to` can be a folder.
TEST_F(RestorationTest, AnObjectWhoseKeyEndsLikeAFolderGoesBackToItsPlace) {
  const ObjectRef stored = quarantined("folder/");

  const Result<Restored> done = restore({.stored = stored, .allow = Allow::once});

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->place.key, ObjectKey("folder/"));
  EXPECT_EQ(store_.current(kUploads, ObjectKey("folder/"))->content, kContent);
  EXPECT_EQ(store_.all(kUploads).size(), 1U);
}

TEST_F(RestorationTest, ACopyThatWasMadeWhateverWasAnsweredIsFound) {
  for (const Errc code : {Errc::denied, Errc::not_found, Errc::unavailable, Errc::changed}) {
    const ObjectRef stored = quarantined(std::string("tool-") + std::string(name_of(code)));
    store_.fail_after_next(FakeObjectStore::Call::copy, {code, "said so"});

    const Result<Restored> done = restore({.stored = stored, .allow = Allow::once});

    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(store_.current(kUploads, done->place.key)->content, kContent);
    EXPECT_FALSE(in_quarantine(stored));
  }
}

TEST_F(RestorationTest, TagsThatACopyLostAreWrittenAfterwards) {
  for (const Versions versions : {Versions::on, Versions::off}) {
    store_.set_versions(kUploads, versions);
    store_.set_habits({.tags_copies = false});
    const ObjectRef stored = quarantined(versions == Versions::on ? "a" : "b");

    const Result<Restored> done = restore({.stored = stored, .allow = Allow::once});

    ASSERT_TRUE(done) << done.error().what;
    const TagSet tags = store_.current(kUploads, done->place.key)->tags;
    EXPECT_EQ(tags.at("owner"), "me");
    EXPECT_EQ(tags.at("scan-result"), "InfectedAllowed");
    EXPECT_FALSE(in_quarantine(stored));
  }
}

TEST_F(RestorationTest, WhereTagsAreNotKeptTheQuarantineKeepsTheObject) {
  store_.set_habits({.tags_copies = false});
  const ObjectRef stored = quarantined();
  store_.pretend_next(Call::set_tags);

  EXPECT_EQ(refused({.stored = stored, .allow = Allow::once}).code, Errc::invalid);

  EXPECT_TRUE(in_quarantine(stored));
}

TEST_F(RestorationTest, TagsNeverLieOnWhatReplacedTheCopy) {
  store_.set_versions(kUploads, Versions::off);
  store_.set_habits({.tags_copies = false});
  const ObjectRef stored = quarantined();
  bool is_replaced = false;
  store_.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call == Call::set_tags && object.bucket == kUploads && !std::exchange(is_replaced, true)) {
      store_.put(kUploads, ObjectKey("tool"), "somebody's", {{"who", "they"}});
    }
    return std::nullopt;
  });

  EXPECT_EQ(refused({.stored = stored, .allow = Allow::once}).code, Errc::changed);

  EXPECT_FALSE(store_.current(kUploads, ObjectKey("tool"))->tags.contains("scan-result"));
  EXPECT_TRUE(in_quarantine(stored));
}

TEST_F(RestorationTest, LetsExactlyThisObjectPass) {
  for (const Versions versions : {Versions::on, Versions::off}) {
    store_.set_versions(BucketName("elsewhere"), versions);
    const ObjectRef place{BucketName("elsewhere"), ObjectKey("x")};
    ASSERT_TRUE(restore({.stored = quarantined(), .to = place, .allow = Allow::once}));

    EXPECT_TRUE(passes(place));
    store_.put(place.bucket, place.key, kContent);
    EXPECT_FALSE(passes(place)) << "the same bytes, put there again";
    store_.delete_current(place.bucket, place.key);
  }
}

TEST_F(RestorationTest, AMarkThatTheStoreDidNotKeepIsWrittenAgain) {
  const ObjectRef place{BucketName("elsewhere"), ObjectKey("x")};
  catalogue_.writes_swallowed = 1;
  ASSERT_TRUE(restore({.stored = quarantined(), .to = place, .allow = Allow::once}));
  EXPECT_TRUE(passes(place));

  const ObjectRef stored = quarantined();
  catalogue_.writes_swallowed = 1000;
  EXPECT_EQ(
      refused(
          {.stored = stored, .to = ObjectRef{place.bucket, ObjectKey("y")}, .allow = Allow::once})
          .code,
      Errc::unavailable);
  EXPECT_TRUE(in_quarantine(stored));
}

TEST_F(RestorationTest, IntoAWatchedBucketSomethingMustBeAllowed) {
  const ObjectRef stored = quarantined();

  const Error error = refused({.stored = stored});

  EXPECT_EQ(error.code, Errc::invalid);
  EXPECT_NE(error.what.find("--allow once"), std::string::npos) << error.what;
  EXPECT_TRUE(in_quarantine(stored));
  EXPECT_FALSE(store_.current(kUploads, ObjectKey("tool")));
  watched_ = false;
  EXPECT_TRUE(restore({.stored = stored}));
  EXPECT_FALSE(passes({kUploads, ObjectKey("tool")}));
}

TEST_F(RestorationTest, ATakenPlaceIsLeftAlone) {
  const ObjectRef stored = quarantined();
  const CopyResult theirs = store_.put(kUploads, ObjectKey("tool"), "newer");

  const Error error = refused({.stored = stored, .allow = Allow::once});

  EXPECT_EQ(error.code, Errc::invalid);
  EXPECT_NE(error.what.find("--overwrite"), std::string::npos) << error.what;
  EXPECT_EQ(store_.current(kUploads, ObjectKey("tool"))->version, theirs.version);
  EXPECT_TRUE(in_quarantine(stored));
  EXPECT_TRUE(restore({.stored = stored, .allow = Allow::once, .overwrite = true}));
  EXPECT_EQ(store_.all(kUploads).size(), 2U) << "a version above it";
}

TEST_F(RestorationTest, NothingIsOverwrittenWhereNoVersionsAreKept) {
  world(Versions::off);
  const ObjectRef stored = quarantined();
  store_.put(kUploads, ObjectKey("tool"), "newer");

  const Error error = refused({.stored = stored, .allow = Allow::once, .overwrite = true});

  EXPECT_EQ(error.code, Errc::invalid);
  EXPECT_NE(error.what.find("keeps no versions"), std::string::npos) << error.what;
  EXPECT_EQ(store_.current(kUploads, ObjectKey("tool"))->content, "newer");
  EXPECT_TRUE(in_quarantine(stored));
}

TEST_F(RestorationTest, WhoComesBetweenLookAndCopyIsNotOverwritten) {
  world(Versions::off);
  const ObjectRef stored = quarantined();
  act_at_.emplace("copy", [this] { store_.put(kUploads, ObjectKey("tool"), "just now"); });

  EXPECT_FALSE(restore({.stored = stored, .allow = Allow::once}));

  EXPECT_EQ(store_.current(kUploads, ObjectKey("tool"))->content, "just now");
  EXPECT_TRUE(in_quarantine(stored));
}

TEST_F(RestorationTest, WhoReplacesTheCopyKeepsTheQuarantine) {
  world(Versions::off);
  const ObjectRef stored = quarantined();
  act_at_.emplace("copy", [this] {
    act_at_.reset();
    store_.on_call([this](Call call, const ObjectRef& object) -> std::optional<Error> {
      if (call == Call::head && object.bucket == kUploads && store_.current(kUploads, object.key)) {
        store_.on_call(nullptr);
        store_.put(kUploads, object.key, std::string(kContent.size(), 'x'));
      }
      return std::nullopt;
    });
  });

  const Error error = refused({.stored = stored, .allow = Allow::once});

  EXPECT_EQ(error.code, Errc::changed);
  EXPECT_TRUE(in_quarantine(stored));
}

TEST_F(RestorationTest, ACrashAnywhereLosesNothingAndARepeatFinishes) {
  for (const Versions versions : {Versions::on, Versions::off}) {
    for (const char* step : {"mark", "copy", "verify", "bind", "delete"}) {
      SCOPED_TRACE(step);
      world(versions);
      const ObjectKey key(step + std::string(versions == Versions::on ? "-on" : "-off"));
      const ObjectRef stored = quarantined(key.str());
      crash_at_ = step;
      EXPECT_THROW((void)restore({.stored = stored, .allow = Allow::once}), Crash);
      EXPECT_TRUE(in_quarantine(stored));
      crash_at_.clear();

      const Result<Restored> done = restore({.stored = stored, .allow = Allow::once});

      ASSERT_TRUE(done) << done.error().what;
      EXPECT_FALSE(in_quarantine(stored));
      EXPECT_TRUE(passes({kUploads, key}));
      const auto all = store_.all(kUploads);
      EXPECT_EQ(std::count_if(all.begin(), all.end(), [&](const auto& o) { return o.key == key; }),
                1)
          << "one copy, not two";
    }
  }
}

TEST_F(RestorationTest, ARepeatFindsItsCopyAlsoWhereTheOwnersMetadataLeaveNoRoomForAMark) {
  world(Versions::off);
  const std::map<std::string, std::string> full = {{"owner", std::string(2043, 'o')}};
  const auto crowded = [&](const std::string& key) {
    const ObjectKey at("uploads/" + key);
    return ObjectRef{kQuarantine, at, store_.put(kQuarantine, at, kContent, {}, full).version};
  };
  const ObjectRef stored = crowded("tool");
  crash_at_ = "bind";
  EXPECT_THROW((void)restore({.stored = stored, .allow = Allow::once}), Crash);
  crash_at_.clear();

  EXPECT_TRUE(restore({.stored = stored, .allow = Allow::once}));
  EXPECT_TRUE(passes({kUploads, ObjectKey("tool")}));

  const ObjectRef other = crowded("other");
  store_.put(kUploads, ObjectKey("other"), std::string(kContent.size(), 'x'), {}, full);
  EXPECT_EQ(refused({.stored = other, .allow = Allow::once}).code, Errc::changed);
  EXPECT_TRUE(in_quarantine(other));
}

TEST_F(RestorationTest, ARepeatTrustsNoForgedCopy) {
  world(Versions::off);
  const ObjectRef stored = quarantined();
  const ETag etag = store_.head(stored, Deadline::never(), {})->etag;
  store_.put(kUploads, ObjectKey("tool"), std::string(kContent.size(), 'x'), {},
             {{"cordon-from", source_mark(stored, etag)}});

  EXPECT_EQ(refused({.stored = stored, .allow = Allow::once}).code, Errc::changed);
  EXPECT_TRUE(in_quarantine(stored));
}

TEST_F(RestorationTest, AlwaysPutsTheContentOnTheList) {
  const ObjectRef stored = quarantined("tool", "Infected", {"Sig.A", "Sig B,C"});

  const Result<Restored> done = restore({.stored = stored, .allow = Allow::always});

  ASSERT_TRUE(done) << done.error().what;
  const std::string digest = hex(sha256(kContent));
  EXPECT_EQ(listed_, (std::vector<AllowEntry>{{.sha256 = digest, .signature = "Sig.A"},
                                              {.sha256 = digest, .signature = "Sig B,C"}}));
  EXPECT_TRUE(passes({kUploads, ObjectKey("tool")})) << "agents may not have read the list yet";
}

TEST_F(RestorationTest, NothingIsPutBackThatTheListDidNotTake) {
  list_failure_ = Error{Errc::denied, "no"};
  const ObjectRef stored = quarantined();

  EXPECT_EQ(refused({.stored = stored, .allow = Allow::always}).code, Errc::denied);

  EXPECT_TRUE(in_quarantine(stored));
  EXPECT_FALSE(store_.current(kUploads, ObjectKey("tool")));
}

TEST_F(RestorationTest, AlwaysListsTheBytesAndNotWhatTheirMetadataSay) {
  const ObjectRef honest = quarantined();
  auto forged = store_.current(kQuarantine, honest.key)->metadata;
  forged["cordon-sha256"] = std::string(64, 'b');
  const ObjectRef stored{kQuarantine, honest.key,
                         store_.put(kQuarantine, honest.key, kContent, {}, forged).version};

  const Result<Restored> done = restore({.stored = stored, .allow = Allow::always});

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->listed.front().sha256, hex(sha256(kContent)));
}

TEST_F(RestorationTest, AlwaysNeedsEverySignature) {
  EXPECT_EQ(refused({.stored = quarantined("a", "Unscannable", {}), .allow = Allow::always}).code,
            Errc::invalid);
  EXPECT_EQ(refused({.stored = quarantined("b", "Infected", {}), .allow = Allow::always}).code,
            Errc::invalid);
  EXPECT_FALSE(store_.current(kUploads, ObjectKey("a")));
}

TEST_F(RestorationTest, WhatWasNotInfectedKeepsItsVerdict) {
  const ObjectRef stored = quarantined("locked.zip", "Unscannable", {});

  ASSERT_TRUE(restore({.stored = stored, .allow = Allow::once}));

  EXPECT_EQ(store_.current(kUploads, ObjectKey("locked.zip"))->tags.at("scan-result"),
            "Unscannable");
}

TEST_F(RestorationTest, AFolderTakesTheObjectUnderItsOwnName) {
  const Result<Restored> done =
      restore({.stored = quarantined("a/b"),
               .to = ObjectRef{BucketName("elsewhere"), ObjectKey("back/")},
               .allow = Allow::once});

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->place.key.str(), "back/a/b");
}

TEST_F(RestorationTest, WhatIsAllowedHereIsNotKnownInAnotherRegion) {
  store_.make_bucket(BucketName("overseas"));
  const ObjectRef stored = quarantined();
  const ObjectRef overseas{BucketName("overseas"), ObjectKey("x")};

  EXPECT_EQ(refused({.stored = stored, .to = overseas, .allow = Allow::once}).code, Errc::invalid);
  EXPECT_TRUE(in_quarantine(stored));
  watched_ = false;
  EXPECT_TRUE(restore({.stored = stored, .to = overseas}));
}

TEST_F(RestorationTest, RefusesWhatCannotBeMeant) {
  const ObjectRef stored = quarantined();
  const ObjectRef loose{kQuarantine, ObjectKey("loose"),
                        store_.put(kQuarantine, ObjectKey("loose"), kContent).version};
  ObjectRef gone = stored;
  gone.version = VersionId("v99");

  EXPECT_EQ(refused({.stored = gone, .allow = Allow::once}).code, Errc::not_found);
  EXPECT_EQ(refused({.stored = loose, .allow = Allow::once}).code, Errc::invalid);
  EXPECT_EQ(refused({.stored = stored, .to = ObjectRef{kQuarantine, ObjectKey("x")}}).code,
            Errc::invalid);
  EXPECT_EQ(refused({.stored = stored, .to = ObjectRef{kOtherQuarantine, ObjectKey("x")}}).code,
            Errc::invalid);
  EXPECT_EQ(refused({.stored = stored, .to = ObjectRef{kSystem, ObjectKey("settings.json")}}).code,
            Errc::invalid);
}

}  // namespace
}  // namespace cordon
