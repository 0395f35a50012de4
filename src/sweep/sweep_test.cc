#include "sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "core/sealing.h"
#include "testing/agent_world.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_document_store.h"
#include "testing/old_seals.h"

namespace cordon {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FakeRequests final : public ScanRequestQueue {
 public:
  Result<std::vector<RefusedRequest>> send(const std::vector<ObjectEvent>& requests, Deadline,
                                           std::stop_token) override {
    if (before_send) before_send();
    if (failure) return *failure;
    EXPECT_LE(requests.size(), 10U);
    std::vector<RefusedRequest> refused;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto answer = answers.find(requests[i].object.key.str());
      const bool is_taken = answer == answers.end() || answer->second.empty();
      if (is_taken) sent.push_back(requests[i]);
      if (is_taken) continue;
      refused.push_back({i, answer->second.front()});
      // What will never pass gets the same answer for ever.
      if (answer->second.front().code != Errc::invalid) {
        answer->second.erase(answer->second.begin());
      }
    }
    return refused;
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> all;
    for (const ObjectEvent& one : sent) all.push_back(one.object.key.str());
    return all;
  }
  std::vector<ObjectEvent> sent;
  std::function<void()> before_send;
  std::optional<Error> failure;
  std::map<std::string, std::vector<Error>> answers;  ///< Of single requests, by key, in turn.
};

class SweepTest : public testing::Test {
 protected:
  SweepTest() { options_.holder = "one"; }

  void put(const std::string& key, const TagSet& tags = {}) {
    world_.store.put(kUploads, ObjectKey(key), "content of " + key, tags);
  }
  Result<SweepCheckpoint> run(const SweepRequest& request, std::stop_token stop = {}) {
    Sweep sweep(options_, {catalogue_, world_.store, requests_, checkpoint_,
                           [this](const auto&, const auto&) { return world_.policy; },
                           world_.stage_clock, world_.random, world_.log, world_.metrics});
    return sweep.run(
        request, [this](const SweepCheckpoint&) { ++pages_; }, std::move(stop));
  }
  static std::string key_line() { return "k1 " + std::string(64, 'a') + "\n"; }
  void with_key() {
    options_.seal_keys = *SealKeyRing::parse(key_line());
    options_.deployment = ours_.deployment;
  }
  TagSet tags(const std::string& key) const { return world_.tags(kUploads, key); }
  /// As an agent seals what lies there.
  void seal(const std::string& key) { seal(key, ours_); }
  void seal(const std::string& key, const SealOrigin& by) {
    const auto stored = world_.store.current(kUploads, ObjectKey(key));
    TagSet sealed = tags_for({.verdict = clean_verdict(1), .scanned_at = by.time}, {});
    seal_tags(sealed, {}, {hex(sha256(stored->content)), stored->content.size()}, by,
              {{kUploads, ObjectKey(key), stored->version}, stored->etag, stored->modified},
              *options_.seal_keys);
    world_.store.owner_sets_tags({kUploads, ObjectKey(key)}, sealed);
  }
  void make_old() { options_.grace = std::chrono::seconds(-24L * 3600 * 365 * 100); }

  static inline const TagSet kClean{{"scan-result", "Clean"}};
  static inline const TagSet kArchived{{"scan-result", "Unscannable"},
                                       {"message", "archived: restore it first"}};
  World world_;
  FakeBucketCatalogue catalogue_{world_.store};
  FakeRequests requests_;
  FakeDocumentStore checkpoint_;
  SweepOptions options_;
  SealOrigin ours_{.signatures = "27451",
                   .deployment = "main@111122223333",
                   .time = world_.stage_clock.system_now()};
  int pages_ = 0;
};

TEST_F(SweepTest, ARequestThatTheQueueNeverTakesKeepsNoOtherBack) {
  make_old();
  for (int i = 0; i < 12; ++i) put("k" + std::to_string(10 + i));
  requests_.answers["k13"] = {Error{Errc::invalid, "InvalidMessageContents"}};
  requests_.answers["k20"] = {Error{Errc::invalid, "InvalidMessageContents"}};

  const Result<SweepCheckpoint> done = run({.bucket = kUploads});

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(requests_.sent.size(), 10U);
  EXPECT_EQ(done->enqueued, 10U);
  EXPECT_EQ(done->refused, 2U);
  EXPECT_TRUE(done->finished);
  EXPECT_TRUE(done->oldest) << "they have no verdict still";
  EXPECT_EQ(world_.metrics.value("cordon_scan_requests_refused_total"), 2);
  EXPECT_THAT(world_.log_lines.with([](auto& lines) { return lines.at(0); }),
              HasSubstr("sweep.request_refused"));
}

TEST_F(SweepTest, OnlyWhatMayPassIsSentAgain) {
  make_old();
  for (const char* key : {"a", "b", "c"}) put(key);
  requests_.answers["b"] = {Error{Errc::unavailable, "InternalError"},
                            Error{Errc::throttled, "RequestThrottled"}};
  requests_.answers["c"] = {Error{Errc::invalid, "InvalidMessageContents"}};

  const Result<SweepCheckpoint> done = run({.bucket = kUploads});

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_THAT(requests_.keys(), ElementsAre("a", "b"));
  EXPECT_EQ(done->refused, 1U);
}

// The clients below repeat what may pass. Repeated here as well, each call would be made nine
// times.
// Two agents find a bucket due at one moment, and one is done before the other begins.
TEST_F(SweepTest, WhatSomebodyHasJustDoneIsNotDoneAgain) {
  make_old();
  put("a");
  const Result<SweepCheckpoint> done = run({.bucket = kUploads});
  ASSERT_TRUE(done);

  EXPECT_EQ(run({.bucket = kUploads, .unless_finished_after = SystemTime()}).error().code,
            Errc::changed);
  EXPECT_TRUE(run({.bucket = kUploads, .unless_finished_after = done->finished}));
}

TEST_F(SweepTest, WhatCallsRanIntoIsNotRepeatedOnceMore) {
  make_old();
  put("a");
  int sends = 0;
  requests_.before_send = [&] { ++sends; };
  requests_.failure = Error{Errc::unavailable, "ServiceUnavailable"};
  EXPECT_EQ(run({.bucket = kUploads}).error().code, Errc::unavailable);
  EXPECT_EQ(sends, 1);

  const int looks = world_.store.calls(FakeObjectStore::Call::tags);
  world_.store.fail_next(FakeObjectStore::Call::tags, {Errc::unavailable, "SlowDown"}, 10);
  EXPECT_EQ(run({.bucket = kUploads}).error().code, Errc::unavailable);
  EXPECT_EQ(world_.store.calls(FakeObjectStore::Call::tags), looks + 1);
}

TEST_F(SweepTest, AQueueThatTakesNothingForLongEndsTheSweep) {
  make_old();
  put("a");
  requests_.answers["a"] = std::vector<Error>(50, Error{Errc::unavailable, "InternalError"});

  EXPECT_EQ(run({.bucket = kUploads}).error().code, Errc::unavailable);
}

TEST_F(SweepTest, AsksForWhatHasNoVerdictAndLeavesTheRest) {
  make_old();
  put("done", kClean);
  put("lost");
  put("forged", {{"scan-result", "Perfect"}});

  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok()) << done.error().what;
  EXPECT_THAT(requests_.keys(), ElementsAre("forged", "lost"));
  EXPECT_FALSE(requests_.sent.front().is_forced);
  EXPECT_EQ(done->listed, 3U);
  EXPECT_EQ(done->enqueued, 2U);
  EXPECT_TRUE(done->finished.has_value());
  EXPECT_TRUE(done->oldest.has_value());
}

TEST_F(SweepTest, WhatIsYoungIsNotAskedForAndCountsForTheAge) {
  options_.grace = std::chrono::seconds(24L * 3600 * 365 * 100);
  put("new");

  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());
  EXPECT_EQ(done->young, 1U);
  EXPECT_EQ(oldest_unscanned_age(*done, *done->oldest + minutes(5)), minutes(5));
}

TEST_F(SweepTest, WithNothingLeftTheAgeIsZero) {
  put("done", kClean);
  const auto done = run({.bucket = kUploads});
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(oldest_unscanned_age(*done, SystemTime(std::chrono::hours(1'000'000))).count(), 0);
}

TEST_F(SweepTest, WhatThePolicyExcludesIsNoGap) {
  make_old();
  world_.policy.exclude = {"logs/**"};
  put("logs/a");
  const auto done = run({.bucket = kUploads});
  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());
  EXPECT_EQ(done->excluded, 1U);
  EXPECT_FALSE(done->oldest.has_value());
}

TEST_F(SweepTest, WithoutAKeyItSaysWhatItTookOnItsWord) {
  make_old();
  put("done", kClean);
  put("sealed", {{"scan-result", "Clean"}, {"scan-seal", "v1.k1.1.AAAAAAAAAAAAAAAAAAAAAA"}});

  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());
  EXPECT_EQ(done->unproven, 2U);
}

TEST_F(SweepTest, WithAKeyGoodNewsIsSealedForItsPlaceOrNone) {
  make_old();
  with_key();
  put("allowed", {{"scan-result", "InfectedAllowed"}, {"virus-name", "V"}});
  put("bare", kClean);
  put("locked", {{"scan-result", "Unscannable"}, {"message", "access-denied: no"}});
  put("sealed");
  seal("sealed");
  put("moved-seal", tags("sealed"));
  put("stated-key", {{"scan-result", "Clean"}, {"scan-seal", "v1.k1.1.AAAAAAAAAAAAAAAAAAAAAA"}});
  // The very bytes that were sealed, elsewhere.
  world_.store.put(kUploads, ObjectKey("copy"), "content of sealed", tags("sealed"));
  const int reads = world_.store.calls(FakeObjectStore::Call::read);

  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("allowed", "bare", "copy", "moved-seal", "stated-key"));
  EXPECT_EQ(done->unproven, 1U) << "bad news of what nobody read";
  EXPECT_EQ(world_.store.calls(FakeObjectStore::Call::read), reads);

  requests_.sent.clear();
  ASSERT_TRUE(run({.bucket = kUploads, .check_seals = true}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("allowed", "bare", "moved-seal", "stated-key"));

  requests_.sent.clear();
  ASSERT_TRUE(run({.bucket = kUploads, .signatures = "27452"}).ok());
  EXPECT_THAT(requests_.keys(), testing::Contains("sealed"));
  EXPECT_TRUE(requests_.sent.front().is_forced);
}

TEST_F(SweepTest, WhatWasWrittenOverASealedObjectIsAskedFor) {
  make_old();
  with_key();
  put("twin");
  seal("twin");
  const TagSet sealed = tags("twin");
  ASSERT_TRUE(run({.bucket = kUploads}).ok());
  ASSERT_THAT(requests_.keys(), IsEmpty());

  // The same name, size and tags, as if the ETag were the same, too: a second later.
  world_.store.put(kUploads, ObjectKey("twin"), "content of twin", sealed);

  ASSERT_TRUE(run({.bucket = kUploads}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("twin"));
}

TEST_F(SweepTest, ASealedVersionIsKnownByItsVersion) {
  make_old();
  with_key();
  world_.store.set_versions(kUploads, FakeObjectStore::Versions::on);
  put("k");
  seal("k");
  ASSERT_TRUE(run({.bucket = kUploads}).ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());

  put("k", tags("k"));

  ASSERT_TRUE(run({.bucket = kUploads}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("k"));
}

TEST_F(SweepTest, SealsThatAnAgentWouldNotTakeAreNoVerdicts) {
  make_old();
  with_key();
  const SystemTime now = world_.stage_clock.system_now();
  const auto put_by = [&](const std::string& key, const SealOrigin& by) {
    put(key);
    seal(key, by);
  };
  SealOrigin theirs = ours_, lax = ours_, old = ours_, ahead = ours_, strict = ours_;
  theirs.deployment = "other@111122223333";
  lax.policy.add(Leniency::noise);
  lax.policy.add(Leniency::macros);
  strict.policy = {};
  old.time = now - std::chrono::hours(25);
  ahead.time = now + std::chrono::hours(1);
  put_by("ahead", ahead);
  put_by("lax", lax);
  put_by("old", old);
  put_by("ours", ours_);
  put_by("strict", strict);
  put_by("theirs", theirs);
  options_.verdict_policy.add(Leniency::noise);

  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("ahead", "lax", "theirs"));
  EXPECT_EQ(done->unproven, 0U);
  EXPECT_FALSE(requests_.sent.front().is_forced);

  requests_.sent.clear();
  world_.policy.skip_scanned_max_age = std::chrono::hours(24);
  ASSERT_TRUE(run({.bucket = kUploads}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("ahead", "lax", "old", "theirs"));
}

TEST_F(SweepTest, BareVerdictsAreOldAsWell) {
  make_old();
  world_.policy.skip_scanned_max_age = std::chrono::hours(24);
  put("fresh", {{"scan-result", "Clean"}, {"date-scanned", "2026-11-22T15:00:00Z"}});
  put("locked", {{"scan-result", "Unscannable"}, {"message", "encrypted: zip"}});
  put("old", {{"scan-result", "Clean"}, {"date-scanned", "2026-11-20T15:00:00Z"}});
  put("undated", kClean);

  ASSERT_TRUE(run({.bucket = kUploads}).ok());

  EXPECT_THAT(requests_.keys(), ElementsAre("old", "undated"));
}

// Sweep and agent together: what was asked for and found sealed by its bytes is not asked for
// again.
TEST_F(SweepTest, ACopyIsReadOnceAndThenKnownByItsPlace) {
  make_old();
  World world(FakeObjectStore::Versions::off, 5, SealKeyRing::parse(key_line()).value());
  with_key();
  ASSERT_EQ(world.outcome(world.upload("k", "harmless")), "done");
  world.store.put(kUploads, ObjectKey("copy"), "harmless", world.tags(kUploads, "k"));
  FakeBucketCatalogue catalogue{world.store};
  const auto sweep = [&] {
    requests_.sent.clear();
    Sweep one(options_, {catalogue, world.store, requests_, checkpoint_,
                         [&](const auto&, const auto&) { return world.policy; }, world.stage_clock,
                         world.random, world.log, world.metrics});
    EXPECT_TRUE(one.run({.bucket = kUploads}, [](const SweepCheckpoint&) {}, {}).ok());
    return requests_.keys();
  };
  ASSERT_THAT(sweep(), ElementsAre("copy"));

  ASSERT_EQ(world.outcome(requests_.sent.front()), "done");

  EXPECT_TRUE(world.sink.results().back().skipped);
  EXPECT_THAT(sweep(), IsEmpty());
}

TEST_F(SweepTest, ErrorsAreAskedForOnRequest) {
  make_old();
  put("crashed", {{"scan-result", "Error"}, {"message", "engine-crash: an engine worker died"}});
  put("done", kClean);
  put("locked", {{"scan-result", "Unscannable"}, {"message", "encrypted: password-protected zip"}});

  ASSERT_TRUE(run({.bucket = kUploads}).ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());

  ASSERT_TRUE(run({.bucket = kUploads, .errors = true}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("crashed"));
}

TEST_F(SweepTest, EverythingOfAPrefixIsAskedForByForce) {
  put("a/1", kClean);
  put("a/2");
  put("b/1");
  ASSERT_TRUE(run({.bucket = kUploads, .prefix = "a/", .every = true}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("a/1", "a/2"));
  EXPECT_TRUE(requests_.sent.front().is_forced);
}

TEST_F(SweepTest, ATimeWindowExcludesItsEnd) {
  put("a");
  const SystemTime at =
      catalogue_.list({.bucket = kUploads}, Deadline::never(), {})->versions.front().modified;
  ASSERT_TRUE(run({.bucket = kUploads, .since = at, .until = at, .every = true}).ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());
  ASSERT_TRUE(run({.bucket = kUploads, .since = at, .until = at + minutes(1), .every = true}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("a"));
}

TEST_F(SweepTest, ThatWasStoppedGoesOnWhereItWas) {
  make_old();
  catalogue_.page_max = 2;
  for (const char* key : {"a", "b", "c", "d", "e"}) put(key);
  std::stop_source stop;
  int sends = 0;
  requests_.before_send = [&] {
    if (++sends == 2) stop.request_stop();
  };
  ASSERT_EQ(run({.bucket = kUploads}, stop.get_token()).error().code, Errc::cancelled);
  requests_.before_send = nullptr;
  const std::size_t before = requests_.sent.size();

  options_.holder = "two";  // The lease was given back.
  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok()) << done.error().what;
  EXPECT_EQ(done->enqueued, 5U);
  EXPECT_LE(requests_.sent.size(), 5U + 2U);
  EXPECT_GT(before, 0U);
  EXPECT_EQ(requests_.keys().back(), "e");
}

TEST_F(SweepTest, OneWhoDiedHoldsTheBucketUntilTheLeaseRunsOut) {
  make_old();
  catalogue_.page_max = 1;
  put("a");
  put("b");
  const SystemTime now = world_.stage_clock.system_now();
  checkpoint_.put(to_json({.purpose = purpose_of({.bucket = kUploads}),
                           .holder = "one",
                           .lease_until = now + minutes(10),
                           .started = now,
                           .after = CatalogueCursor{ObjectKey("a")},
                           .listed = 1,
                           .enqueued = 1}));
  options_.holder = "two";
  const auto refused = run({.bucket = kUploads});
  ASSERT_EQ(refused.error().code, Errc::changed);
  EXPECT_THAT(refused.error().what, HasSubstr("swept by one"));

  world_.stage_clock.wait_for(minutes(11), {});
  const auto done = run({.bucket = kUploads});
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->enqueued, 2U);
  EXPECT_THAT(requests_.keys(), ElementsAre("b"));
}

TEST_F(SweepTest, TheLeaseOfOneWhoIsKnownToBeDeadCanBeTakenOver) {
  const SystemTime now = world_.stage_clock.system_now();
  checkpoint_.put(to_json({.holder = "one", .lease_until = now + minutes(10), .started = now}));
  EXPECT_TRUE(run({.bucket = kUploads, .take_over = true}).ok());
}

TEST_F(SweepTest, AFailureGivesTheLeaseBack) {
  make_old();
  put("a");
  requests_.failure = Error{Errc::denied, "no"};
  ASSERT_EQ(run({.bucket = kUploads}).error().code, Errc::denied);
  requests_.failure.reset();
  options_.holder = "two";
  EXPECT_TRUE(run({.bucket = kUploads}).ok());
}

TEST_F(SweepTest, ThatLosesItsLeaseStops) {
  make_old();
  catalogue_.page_max = 1;
  put("a");
  put("b");
  requests_.before_send = [&] { checkpoint_.put("{}"); };
  EXPECT_EQ(run({.bucket = kUploads}).error().code, Errc::changed);
  EXPECT_THAT(requests_.keys(), ElementsAre("a"));
}

TEST_F(SweepTest, ForSomethingElseBeginsAnew) {
  make_old();
  catalogue_.page_max = 1;
  put("a");
  put("b");
  std::stop_source stop;
  requests_.before_send = [&] { stop.request_stop(); };
  ASSERT_FALSE(run({.bucket = kUploads}, stop.get_token()).ok());
  requests_.before_send = nullptr;
  requests_.sent.clear();
  ASSERT_TRUE(run({.bucket = kUploads, .every = true}).ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("a", "b"));
}

TEST_F(SweepTest, WhoseTagsCannotBeReadIsAskedFor) {
  make_old();
  put("locked");
  world_.store.fail_next(FakeObjectStore::Call::tags, Error{Errc::denied, "no"});
  const auto done = run({.bucket = kUploads});
  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("locked"));
  EXPECT_EQ(done->unknown, 1U);
}

TEST_F(SweepTest, WhatLiesInAnArchiveIsAskedForOnceAndThenCounted) {
  make_old();
  put("cold");
  catalogue_.archival[ObjectKey("cold")] = Archival::archived;

  const auto first = run({.bucket = kUploads});
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("cold"));
  EXPECT_TRUE(first->oldest.has_value());
  requests_.sent.clear();
  // What an agent writes when it was refused the bytes.
  world_.store.owner_sets_tags({kUploads, ObjectKey("cold")}, kArchived);

  for (const SweepRequest& request :
       {SweepRequest{.bucket = kUploads}, SweepRequest{.bucket = kUploads, .every = true},
        SweepRequest{.bucket = kUploads, .signatures = "27452"},
        SweepRequest{.bucket = kUploads, .check_seals = true}}) {
    SCOPED_TRACE(purpose_of(request));
    const auto again = run(request);

    ASSERT_TRUE(again.ok());
    EXPECT_THAT(requests_.keys(), IsEmpty());
    EXPECT_EQ(again->archived, 1U);
    EXPECT_FALSE(again->oldest.has_value());
  }
}

TEST_F(SweepTest, WhatWasRestoredIsAskedForAlthoughItWasArchived) {
  make_old();
  put("warm", kArchived);
  catalogue_.archival[ObjectKey("warm")] = Archival::restored;

  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("warm"));
  EXPECT_TRUE(requests_.sent.front().is_forced);
  EXPECT_EQ(done->archived, 0U);
}

TEST_F(SweepTest, AVerdictFromBeforeTheArchiveStays) {
  make_old();
  with_key();
  put("cold");
  seal("cold");
  put("forged", kClean);
  put("laid-there", tags("cold"));
  put("of-before", {{"scan-result", "Clean"}, {"date-scanned", "2026-11-22T15:50:33Z"}});
  TagSet before = tags("of-before");
  seal_as_before(before, "k1", std::string(64, 'a'), "content of of-before");
  world_.store.owner_sets_tags({kUploads, ObjectKey("of-before")}, before);
  for (const char* key : {"cold", "forged", "laid-there", "of-before"}) {
    catalogue_.archival[ObjectKey(key)] = Archival::archived;
  }
  const int reads = world_.store.calls(FakeObjectStore::Call::read);

  const auto usual = run({.bucket = kUploads, .check_seals = true});
  ASSERT_TRUE(usual.ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("forged", "laid-there"));
  EXPECT_EQ(usual->archived, 1U) << "nobody can tell what an old seal is worth, or scan it";
  requests_.sent.clear();
  const auto anew = run({.bucket = kUploads, .signatures = "27452"});
  ASSERT_TRUE(anew.ok());
  EXPECT_THAT(requests_.keys(), ElementsAre("forged", "laid-there"));
  EXPECT_EQ(anew->archived, 2U);
  EXPECT_EQ(world_.store.calls(FakeObjectStore::Call::read), reads);
}

TEST_F(SweepTest, AnArchiveThatTheCatalogueDoesNotTellOfIsFoundOutOnce) {
  make_old();
  put("tiered", kArchived);

  const auto done = run({.bucket = kUploads});

  ASSERT_TRUE(done.ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());
  EXPECT_EQ(done->archived, 1U);
}

TEST_F(SweepTest, OnlyCurrentVersionsCount) {
  make_old();
  world_.store.set_versions(kUploads, FakeObjectStore::Versions::on);
  put("a");
  put("a", kClean);
  put("deleted");
  world_.store.delete_current(kUploads, ObjectKey("deleted"));
  ASSERT_TRUE(run({.bucket = kUploads}).ok());
  EXPECT_THAT(requests_.keys(), IsEmpty());
}

TEST(SweepCheckpoint, ComesBackAsItWasWritten) {
  const SweepCheckpoint all{.purpose = "p",
                            .holder = "h",
                            .lease_until = SystemTime(minutes(5)),
                            .started = SystemTime(minutes(1)),
                            .finished = SystemTime(minutes(9)),
                            .after = CatalogueCursor{ObjectKey("k\"ü"), VersionId("v")},
                            .listed = 1,
                            .enqueued = 2,
                            .excluded = 3,
                            .young = 4,
                            .unknown = 5,
                            .archived = 6,
                            .unproven = 7,
                            .oldest = SystemTime(minutes(2))};
  const auto back = parse_sweep_checkpoint(to_json(all));
  ASSERT_TRUE(back.ok()) << back.error().what;
  EXPECT_EQ(*back, all);
  for (const char* bad : {"", "[]", "{}", R"({"schema":"cordon.sweep/2"})",
                          R"({"schema":"cordon.sweep/1","started":5})"}) {
    EXPECT_EQ(parse_sweep_checkpoint(bad).error().code, Errc::invalid) << bad;
  }
}

TEST(Signatures, AreOlderByNumberAndElseWhenTheyDiffer) {
  EXPECT_TRUE(is_older_signatures("999", "1000"));
  EXPECT_FALSE(is_older_signatures("1001", "1000"));
  EXPECT_TRUE(is_older_signatures("none", "1000"));
  EXPECT_FALSE(is_older_signatures("own+5", "own+5"));
}

}  // namespace
}  // namespace cordon
