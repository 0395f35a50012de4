#include "operations/quarantined_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "core/provenance.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Call = FakeObjectStore::Call;
using State = QuarantineListing::State;
using Versions = FakeObjectStore::Versions;

const BucketName kUploads("uploads");
const BucketName kHere("cordon-quarantine-main-111122223333-eu-west-1");
const BucketName kThere("cordon-quarantine-main-111122223333-us-east-1");
const BucketName kCentral("central");
const std::string kContent = "some harmful content";

class QuarantinedObjectsTest : public testing::Test {
 protected:
  QuarantinedObjectsTest() {
    account_.home().buckets.buckets[kUploads.str()] = {};
    account_.objects.make_bucket(kUploads, Versions::on);
    make_quarantine(kHere);
  }

  void make_quarantine(const BucketName& bucket) {
    account_.objects.make_bucket(bucket, Versions::on);
    account_.home().buckets.buckets[bucket.str()] = {};
  }
  /// As an agent leaves it.
  ObjectRef quarantined(const std::string& key, const BucketName& in = kHere) {
    const Provenance from{.object = {kUploads, ObjectKey(key), VersionId("v0")},
                          .etag = ETag("e0"),
                          .sha256 = hex(sha256(kContent)),
                          .signature = "Sig.A",
                          .time = account_.clock.system_now(),
                          .result_id = "01JD0000000000000000000000",
                          .result = "Infected",
                          .signatures = {"Sig.A"}};
    const ObjectKey to = quarantine_key(from.object);
    const TagSet tags{{"scan-result", "Infected"}, {"virus-name", "Sig.A"}};
    return {in, to,
            account_.objects.put(in, to, kContent, tags, quarantine_metadata(from, in, to, {}))
                .version};
  }
  bool is_there(const ObjectRef& stored) {
    return account_.objects.head(stored, Deadline::never(), {}).ok();
  }

  Result<QuarantineListReport> list(const QuarantineListRequest& request = {}) {
    listed_.clear();
    return list_quarantined(
        access_, runtime_.runtime, settings_, request,
        [this](const QuarantineEntry& entry) { listed_.push_back(entry.record.stored.key.str()); });
  }
  std::vector<State> states(const QuarantineListReport& report) {
    std::vector<State> all;
    for (const QuarantineListing& one : report.listings) all.push_back(one.state);
    return all;
  }
  Result<std::vector<ObjectRef>> locate(const std::vector<std::string>& ids,
                                        const std::optional<BucketName>& in = std::nullopt) {
    return locate_quarantined(access_, runtime_.runtime, settings_, ids, in);
  }
  Result<Restored> restore(const RestoreRequest& request) {
    return restore_quarantined(access_, runtime_.runtime, settings_, request,
                               [this](std::string_view step) { steps_.emplace_back(step); });
  }
  void protect(const BucketName& bucket) {
    ASSERT_TRUE(access_.protection().protect(bucket, Deadline::never(), {}));
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  Settings settings_;
  std::vector<std::string> listed_;
  std::vector<std::string> steps_;
};

// --- list --------------------------------------------------------------------------------------

TEST_F(QuarantinedObjectsTest, ListsEveryQuarantineThatOfThisRegionFirst) {
  make_quarantine(kCentral);
  make_quarantine(kThere);
  settings_.policies.regions[Region("us-west-2")].quarantine = kCentral;
  quarantined("here");
  quarantined("there", kThere);
  quarantined("central", kCentral);

  const auto report = list();

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_THAT(listed_, ElementsAre("uploads/here", "uploads/central", "uploads/there"));
  EXPECT_THAT(states(*report), ElementsAre(State::listed, State::listed, State::listed));
  EXPECT_EQ(report->not_asked, 0U);
  EXPECT_FALSE(is_incomplete(*report));
  EXPECT_FALSE(has_no_quarantine(*report));
}

TEST_F(QuarantinedObjectsTest, ListsOnlyWhatIsAskedFor) {
  make_quarantine(kThere);
  quarantined("a/1");
  quarantined("b/1");
  quarantined("a/2", kThere);

  ASSERT_TRUE(list({.quarantine = kThere}));
  EXPECT_THAT(listed_, ElementsAre("uploads/a/2"));
  ASSERT_TRUE(list({.bucket = kUploads, .prefix = "a/"}));
  EXPECT_THAT(listed_, ElementsAre("uploads/a/1", "uploads/a/2"));
  ASSERT_TRUE(list({.bucket = BucketName("others")}));
  EXPECT_THAT(listed_, IsEmpty());
}

TEST_F(QuarantinedObjectsTest, GoesOnWhereTheListEnded) {
  make_quarantine(kThere);
  for (const char* key : {"a", "b", "c"}) quarantined(key);
  quarantined("d", kThere);

  const auto first = list({.count_max = 2});

  ASSERT_TRUE(first);
  EXPECT_THAT(listed_, ElementsAre("uploads/a", "uploads/b"));
  ASSERT_TRUE(first->listings.back().more);
  EXPECT_EQ(first->not_asked, 1U);

  const auto rest = list({.after = quarantine_id(*first->listings.back().more)});

  ASSERT_TRUE(rest);
  EXPECT_THAT(listed_, ElementsAre("uploads/c", "uploads/d"));
  EXPECT_FALSE(rest->listings.back().more);
}

TEST_F(QuarantinedObjectsTest, SaysHowManyQuarantinesTheLimitKeptItFrom) {
  make_quarantine(kThere);
  quarantined("a");
  quarantined("b", kThere);

  const auto report = list({.count_max = 1});

  ASSERT_TRUE(report);
  EXPECT_THAT(listed_, ElementsAre("uploads/a"));
  EXPECT_FALSE(report->listings.back().more);
  EXPECT_EQ(report->not_asked, 1U);
}

TEST_F(QuarantinedObjectsTest, AQuarantineThatDoesNotExistIsPassedOver) {
  settings_.policies.regions[Region("us-west-2")].quarantine = kCentral;
  quarantined("here");

  const auto report = list();

  ASSERT_TRUE(report);
  EXPECT_THAT(states(*report), ElementsAre(State::listed, State::missing));
  EXPECT_FALSE(is_incomplete(*report));
  EXPECT_FALSE(has_no_quarantine(*report));
}

TEST_F(QuarantinedObjectsTest, WithoutAnyQuarantineItSaysSo) {
  const auto report = list({.quarantine = kCentral});

  ASSERT_TRUE(report);
  EXPECT_TRUE(has_no_quarantine(*report));
  EXPECT_EQ(report->listings.back().error->code, Errc::not_found);
}

TEST_F(QuarantinedObjectsTest, WhatFailsInOneIsToldAndTheOthersAreListed) {
  make_quarantine(kThere);
  quarantined("there", kThere);
  account_.catalogue.list_fails.emplace(kHere, Error{Errc::unavailable, "out of order"});

  const auto report = list();

  ASSERT_TRUE(report);
  EXPECT_THAT(listed_, ElementsAre("uploads/there"));
  EXPECT_THAT(states(*report), ElementsAre(State::failed, State::listed));
  EXPECT_EQ(report->listings.front().error->what, "out of order");
  EXPECT_TRUE(is_incomplete(*report));
}

TEST_F(QuarantinedObjectsTest, RightsThatEndAtTheRegionAreNoFailure) {
  make_quarantine(kThere);
  account_.catalogue.list_fails.emplace(kThere, Error{Errc::denied, "no"});
  EXPECT_THAT(states(*list()), ElementsAre(State::listed, State::out_of_reach));
  EXPECT_FALSE(is_incomplete(*list()));

  account_.catalogue.list_fails.emplace(kHere, Error{Errc::denied, "no"});
  EXPECT_THAT(states(*list()), ElementsAre(State::failed, State::out_of_reach));
  EXPECT_TRUE(is_incomplete(*list()));
}

TEST_F(QuarantinedObjectsTest, AnEntryThatCannotBeReadIsListedAndCounted) {
  quarantined("a");
  quarantined("b");
  account_.objects.fail_next(Call::head, {Errc::denied, "no key"});

  const auto report = list();

  ASSERT_TRUE(report);
  EXPECT_THAT(listed_, ElementsAre("uploads/a", "uploads/b"));
  EXPECT_EQ(report->listings.front().unread, 1U);
  EXPECT_TRUE(is_incomplete(*report));
}

TEST_F(QuarantinedObjectsTest, SaysWhyOtherRegionsWereNotLookedIn) {
  account_.census().list_error = Error{Errc::denied, "no"};
  quarantined("here");

  const auto report = list();

  ASSERT_TRUE(report);
  EXPECT_THAT(listed_, ElementsAre("uploads/here"));
  EXPECT_THAT(report->unseen, ElementsAre(testing::HasSubstr("other regions")));
}

TEST_F(QuarantinedObjectsTest, RefusesAListThatCannotBeMade) {
  make_quarantine(kThere);

  EXPECT_EQ(list({.prefix = "a/"}).error().code, Errc::invalid);
  EXPECT_EQ(list({.after = "nonsense"}).error().code, Errc::invalid);
  EXPECT_EQ(list({.quarantine = kHere, .after = "nonsense"}).error().code, Errc::invalid);
  const auto gone = list({.after = "v9:uploads/gone"});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::invalid);
  EXPECT_THAT(gone.error().what, HasSubstr("v9:uploads/gone"));
  runtime_.stop.request_stop();
  EXPECT_EQ(list({.after = "v9:uploads/gone"}).error().code, Errc::cancelled);
}

// --- locate ------------------------------------------------------------------------------------

TEST_F(QuarantinedObjectsTest, FindsTheQuarantineThatHasTheVersion) {
  make_quarantine(kThere);
  const ObjectRef here = quarantined("here");
  const ObjectRef there = quarantined("there", kThere);

  const auto located = locate({quarantine_id(there), quarantine_id(here)});

  ASSERT_TRUE(located);
  EXPECT_THAT(*located, ElementsAre(there, here));
}

TEST_F(QuarantinedObjectsTest, WhatNoneHasIsLookedForInTheFirst) {
  make_quarantine(kThere);

  EXPECT_EQ(locate({"v9:uploads/gone"})->front().bucket, kHere);
}

TEST_F(QuarantinedObjectsTest, ABucketThatIsNamedIsTakenAsItIs) {
  const ObjectRef here = quarantined("here");

  EXPECT_EQ(locate({quarantine_id(here)}, kCentral)->front().bucket, kCentral);
}

TEST_F(QuarantinedObjectsTest, LocatesAllOrNone) {
  make_quarantine(kThere);
  const std::string here = quarantine_id(quarantined("here"));

  EXPECT_EQ(locate({here, "nonsense"}).error().code, Errc::invalid);
  EXPECT_EQ(locate({here, "nonsense"}, kHere).error().code, Errc::invalid);
  runtime_.stop.request_stop();
  EXPECT_EQ(locate({here}).error().code, Errc::cancelled);
}

// --- restore -----------------------------------------------------------------------------------

TEST_F(QuarantinedObjectsTest, PutsAnObjectBackWhereItWas) {
  const ObjectRef stored = quarantined("tool");

  const auto restored = restore({.stored = stored});

  ASSERT_TRUE(restored) << restored.error().what;
  EXPECT_EQ(restored->place.bucket, kUploads);
  EXPECT_EQ(account_.objects.current(kUploads, ObjectKey("tool"))->content, kContent);
  EXPECT_FALSE(is_there(stored));
  EXPECT_THAT(steps_, ElementsAre("copy", "verify", "delete"));
}

TEST_F(QuarantinedObjectsTest, IntoAProtectedBucketItGoesOnlyWhenItIsAllowed) {
  protect(kUploads);
  const ObjectRef stored = quarantined("tool");

  const auto refused = restore({.stored = stored});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_THAT(refused.error().what, HasSubstr("--allow"));
  EXPECT_TRUE(is_there(stored));

  const auto restored = restore({.stored = stored, .allow = Allow::once});

  ASSERT_TRUE(restored) << restored.error().what;
  EXPECT_THAT(steps_, ElementsAre("mark", "copy", "verify", "bind", "delete"));
}

TEST_F(QuarantinedObjectsTest, WhatIsAllowedForEverStandsInTheSettings) {
  protect(kUploads);

  const auto restored = restore({.stored = quarantined("tool"), .allow = Allow::always});

  ASSERT_TRUE(restored) << restored.error().what;
  const Result<Settings> settings = access_.settings_writer().current(Deadline::never(), {});
  ASSERT_TRUE(settings);
  ASSERT_EQ(settings->allow.size(), 1U);
  EXPECT_EQ(settings->allow[0].sha256, hex(sha256(kContent)));
  EXPECT_EQ(settings->allow[0].signature, "Sig.A");
}

TEST_F(QuarantinedObjectsTest, NothingIsAllowedWhereAgentsDoNotLookForIt) {
  const BucketName far("far");
  account_.objects.make_bucket(far, Versions::on);
  account_.home().buckets.buckets[far.str()].region = Region("us-east-1");
  const RestoreRequest request{
      .stored = quarantined("tool"), .to = ObjectRef{far, ObjectKey("tool")}, .allow = Allow::once};

  const auto refused = restore(request);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::invalid);
  EXPECT_THAT(refused.error().what, HasSubstr("another region"));

  PolicyOverride brought_here;
  brought_here.quarantine = kHere;
  settings_.policies.buckets = {{far, "", brought_here}};
  EXPECT_TRUE(restore(request));
}

TEST_F(QuarantinedObjectsTest, ABucketThatIsGoneIsNoMissingEntry) {
  const ObjectRef stored = quarantined("tool");
  account_.home().buckets.buckets.erase(kUploads.str());
  for (const Allow allow : {Allow::none, Allow::once, Allow::always}) {
    const auto done = restore({.stored = stored, .allow = allow});

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::invalid);
    EXPECT_THAT(done.error().what, HasSubstr("--to s3://B/K"));
  }
  EXPECT_TRUE(is_there(stored));
}

// There it would lie as if it had been found in another bucket, or let another object pass.
TEST_F(QuarantinedObjectsTest, NothingIsRestoredToAQuarantineThatTheSettingsName) {
  const ObjectRef stored = quarantined("tool");
  make_quarantine(kCentral);
  settings_.policies.regions[Region("us-west-2")].quarantine = kCentral;
  for (const char* key : {"others/tool", ".cordon/allow-once/x"}) {
    const auto done = restore({.stored = stored, .to = ObjectRef{kCentral, ObjectKey(key)}});

    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::invalid);
    EXPECT_THAT(done.error().what, HasSubstr("belongs to Cordon"));
  }
  EXPECT_TRUE(is_there(stored));
  EXPECT_TRUE(account_.objects.all(kCentral).empty());
}

TEST_F(QuarantinedObjectsTest, ARefusalTellsWhatAMembersRoleNeeds) {
  const ObjectRef stored = quarantined("tool");
  account_.objects.fail_next(Call::head, {Errc::denied, "no"}, 2);

  EXPECT_EQ(restore({.stored = stored}).error().what, "no");
  settings_.accounts = {{.id = AccountId("444455556666"),
                         .role_arn = "arn:aws:iam::444455556666:role/cordon",
                         .buckets = {BucketName("theirs")}}};
  EXPECT_THAT(restore({.stored = stored}).error().what,
              HasSubstr("no; where the place is a bucket of a member account"));
  EXPECT_TRUE(is_there(stored));
}

TEST_F(QuarantinedObjectsTest, WhatIsNotInQuarantineCannotBeRestored) {
  EXPECT_EQ(restore({.stored = {kHere, ObjectKey("uploads/x"), VersionId("v9")}}).error().code,
            Errc::not_found);
}

TEST_F(QuarantinedObjectsTest, NothingIsDeletedWhereTheCopyFails) {
  const ObjectRef stored = quarantined("tool");
  account_.objects.fail_next(Call::copy, {Errc::unavailable, "out of order"});

  EXPECT_EQ(restore({.stored = stored}).error().code, Errc::unavailable);
  EXPECT_TRUE(is_there(stored));
}

// --- delete ------------------------------------------------------------------------------------

TEST_F(QuarantinedObjectsTest, DeletesExactlyOneVersion) {
  const ObjectRef first = quarantined("tool");
  const ObjectRef second = quarantined("tool");

  const auto deletion = delete_quarantined(access_, runtime_.runtime, first);

  ASSERT_TRUE(deletion) << deletion.error().what;
  EXPECT_EQ(deletion->stored, first);
  EXPECT_FALSE(is_there(first));
  EXPECT_TRUE(is_there(second));
}

TEST_F(QuarantinedObjectsTest, SaysWhatItCannotDelete) {
  const ObjectRef stored = quarantined("tool");
  const auto error_of = [&](const ObjectRef& object) {
    return delete_quarantined(access_, runtime_.runtime, object).error();
  };

  const Error missing = error_of({kHere, ObjectKey("uploads/x"), VersionId("v9")});
  EXPECT_EQ(missing.code, Errc::not_found);
  EXPECT_THAT(missing.what, HasSubstr("v9:uploads/x"));
  account_.objects.fail_next(Call::head, {Errc::denied, "no"});
  EXPECT_EQ(error_of(stored).code, Errc::denied);
  account_.objects.fail_next(Call::remove, {Errc::unavailable, "out of order"});
  EXPECT_EQ(error_of(stored).code, Errc::unavailable);
  EXPECT_TRUE(is_there(stored));
}

// --- documents ---------------------------------------------------------------------------------

std::string text_of(const boost::json::object& document) {
  return boost::json::serialize(document);
}

const QuarantineRecord kKnown{.stored = {kHere, ObjectKey("uploads/k"), VersionId("v1")},
                              .original = ObjectRef{kUploads, ObjectKey("k")},
                              .original_version = VersionId("v0"),
                              .original_etag = ETag("e0"),
                              .sha256 = "00ff",
                              .signatures = {"Sig.A", "Sig.B"},
                              .result = Disposition::infected,
                              .reason = Reason::encrypted,
                              .time = SystemTime(std::chrono::seconds(1)),
                              .result_id = "01JD"};
const std::string kKnownText =
    R"("schema":"cordon.quarantine/1","id":"v1:uploads/k","bucket":"uploads","key":"k",)"
    R"("versionId":"v0","eTag":"e0","result":"Infected","reason":"encrypted",)"
    R"("virusNames":["Sig.A","Sig.B"],"sha256":"00ff","scannedAt":"1970-01-01T00:00:01.000Z",)"
    R"("resultId":"01JD","quarantine":{"bucket":"cordon-quarantine-main-111122223333-eu-west-1",)"
    R"("key":"uploads/k","versionId":"v1"})";

TEST(QuarantinedDocuments, AnEntryTellsAllThatIsKnown) {
  const QuarantineEntry entry{
      .record = kKnown, .bytes = 7, .moved_at = SystemTime(std::chrono::seconds(2))};

  EXPECT_EQ(
      text_of(document_of(entry)),
      "{" + kKnownText + R"(,"size":7,"quarantinedAt":"1970-01-01T00:00:02.000Z","unread":null})");
}

TEST(QuarantinedDocuments, WhatIsUnknownIsNull) {
  const QuarantineEntry entry{.record = {.stored = {kHere, ObjectKey("k")}},
                              .unread = Error{Errc::denied, "no\nkey"},
                              .moved_at = SystemTime(std::chrono::seconds(2))};

  const boost::json::object document = document_of(entry);

  EXPECT_EQ(document.at("id").as_string(), "null:k");
  for (const char* name : {"bucket", "key", "versionId", "eTag", "result", "reason", "sha256",
                           "scannedAt", "resultId"}) {
    EXPECT_TRUE(document.at(name).is_null()) << name;
  }
  EXPECT_TRUE(document.at("virusNames").as_array().empty());
  EXPECT_TRUE(document.at("quarantine").at("versionId").is_null());
  EXPECT_EQ(document.at("unread").as_string(), "no\uFFFDkey");
}

TEST(QuarantinedDocuments, ARestorationTellsWhereItIsAndWhatIsAllowed) {
  const Restored restored{.record = kKnown,
                          .place = {kUploads, ObjectKey("k"), VersionId("v2")},
                          .etag = ETag("e2"),
                          .listed = {{.sha256 = "00ff", .signature = "Sig.A"},
                                     {.sha256 = "00ff",
                                      .signature = "Sig.B",
                                      .expires = SystemTime(std::chrono::seconds(3))}}};

  EXPECT_EQ(text_of(document_of(restored)),
            "{" + kKnownText +
                R"(,"restored":{"bucket":"uploads","key":"k","versionId":"v2","eTag":"e2"},)"
                R"("allowListed":[{"sha256":"00ff","signature":"Sig.A","expires":null},)"
                R"({"sha256":"00ff","signature":"Sig.B","expires":"1970-01-01T00:00:03.000Z"}]})");
}

TEST(QuarantinedDocuments, ADeletionTellsTheId) {
  EXPECT_EQ(text_of(document_of(QuarantineDeletion{kKnown.stored})),
            R"({"schema":"cordon.quarantine-deletion/1","id":"v1:uploads/k","deleted":true})");
}

}  // namespace
}  // namespace cordon
