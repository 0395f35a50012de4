#include "sweep/verdict_inquiry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_object_store.h"
#include "testing/old_seals.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;
using Versions = FakeObjectStore::Versions;
using State = VerdictAnswer::State;
using Seal = VerdictAnswer::Seal;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const SealKeyRing& ring() {
  static const SealKeyRing kRing = SealKeyRing::parse("k1 " + std::string(64, '1')).value();
  return kRing;
}

const SealOrigin kOurs{.signatures = "27451", .deployment = "main@111122223333"};

TagSet sealed(const Verdict& verdict, const std::string& content, const SealOrigin& by = kOurs) {
  TagSet tags = tags_for({.verdict = verdict, .scanned_at = by.time}, {});
  seal_tags(tags, {}, {hex(sha256(content)), content.size()}, by, {}, ring());
  return tags;
}

VerdictInquiryOptions options(const std::optional<SealKeyRing>& keys = std::nullopt) {
  return {.seal_keys = keys, .deployment = kOurs.deployment};
}

class VerdictInquiryTest : public testing::Test {
 protected:
  void SetUp() override { store_.make_bucket(object_.bucket); }
  void put(const TagSet& tags, const std::string& content = "content") {
    store_.put(object_.bucket, object_.key, content, tags);
  }
  VerdictAnswer ask() { return with_key_.look(object_, {}).value(); }
  VerdictAnswer ask_without_key() { return without_key_.look(object_, {}).value(); }

  SimulatedClock clock_{SimulatedClock::Mode::jump};
  SeededRandom random_;
  FakeObjectStore store_;
  ObjectRef object_{BucketName("b"), ObjectKey("k")};
  VerdictInquiry with_key_{options(ring()), store_, clock_, random_};
  VerdictInquiry without_key_{options(), store_, clock_, random_};
};

TEST_F(VerdictInquiryTest, ASealedVerdictStands) {
  put(sealed(clean_verdict(7), "content"));

  const VerdictAnswer answer = ask();

  EXPECT_EQ(answer.state, State::verdict);
  EXPECT_EQ(answer.result, Disposition::clean);
  EXPECT_EQ(answer.seal, Seal::sealed);
  EXPECT_EQ(answer.seal_text->signatures, "27451");
  EXPECT_EQ(answer.sha256, hex(sha256("content")));
  EXPECT_EQ(answer.date, "1970-01-01T00:00:00Z");
}

TEST_F(VerdictInquiryTest, WithAKeyNoCleanIsBelievedWithoutItsSeal) {
  TagSet promoted = sealed(infected_verdict({"V"}, 7), "content");
  promoted["scan-result"] = "Clean";
  TagSet undated = sealed(clean_verdict(7), "content");
  undated["date-scanned"] = "2030-01-01T00:00:00Z";
  TagSet of_others = sealed(clean_verdict(7), "content");
  of_others["scan-seal"].replace(3, 2, "k9");
  TagSet no_result = sealed(clean_verdict(7), "content");
  no_result.erase("scan-result");
  const struct {
    const char* name;
    TagSet tags;
    Seal seal;
    const char* says;
  } kCases[] = {
      {"bare", {{"scan-result", "Clean"}}, Seal::unsealed, "no seal"},
      {"bare, allowed", {{"scan-result", "InfectedAllowed"}}, Seal::unsealed, "no seal"},
      {"another verdict", promoted, Seal::broken, "seal is broken"},
      {"another date", undated, Seal::broken, "seal is broken"},
      {"other bytes", sealed(clean_verdict(7), "contents"), Seal::broken, "seal is broken"},
      {"no seal's form", {{"scan-result", "Clean"}, {"scan-seal", "x"}}, Seal::broken, "broken"},
      {"the verdict taken away", no_result, Seal::broken, "seal is broken"},
      {"a key that is not there", of_others, Seal::unknown_key, "k9"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    put(c.tags);

    const VerdictAnswer answer = ask();

    EXPECT_EQ(answer.state, State::unproven);
    EXPECT_EQ(answer.seal, c.seal);
    EXPECT_THAT(answer.explanation, HasSubstr(c.says));
  }
}

TEST_F(VerdictInquiryTest, SaysWhoseSealItIsAndUnderWhichPolicy) {
  const SystemTime now = clock_.system_now();
  SealOrigin theirs = kOurs;
  theirs.deployment = "staging@111122223333";
  SealOrigin lax = kOurs;
  lax.policy.add(Leniency::unopened_archive);
  SealOrigin ahead = kOurs;
  ahead.time = now + std::chrono::hours(1);
  SealOrigin strict = kOurs;
  strict.time = now + std::chrono::minutes(10);
  const struct {
    const char* name;
    SealOrigin by;
    Seal seal;
    State state;
    const char* says;
  } kCases[] = {
      {"another deployment", theirs, Seal::other_deployment, State::unproven, "staging@1111"},
      {"a laxer policy", lax, Seal::laxer_policy, State::unproven, "policy 1a"},
      {"the future", ahead, Seal::future, State::unproven, "20261122T165033Z"},
      {"a clock that is a little ahead", strict, Seal::sealed, State::verdict, "sealed over"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    put(sealed(clean_verdict(7), "content", c.by));
    const VerdictAnswer clean = ask();
    EXPECT_EQ(clean.state, c.state);
    EXPECT_EQ(clean.seal, c.seal);
    EXPECT_THAT(clean.explanation, HasSubstr(c.says));
    put(sealed(infected_verdict({"V"}, 7), "content", c.by));
    EXPECT_EQ(ask().state, State::verdict) << "bad news needs no proof";
    EXPECT_EQ(ask().seal, c.seal);
    put(sealed(clean_verdict(7), "another", c.by));
    EXPECT_EQ(ask().seal, Seal::broken);
  }
  EXPECT_EQ(name_of(Seal::other_deployment), "other-deployment");
  EXPECT_EQ(name_of(Seal::laxer_policy), "laxer-policy");
  EXPECT_EQ(name_of(Seal::future), "future");
}

TEST_F(VerdictInquiryTest, AV1StandsAndSaysWhatItDoesNotSay) {
  TagSet tags = tags_for({.verdict = clean_verdict(7), .scanned_at = SystemTime()}, {});
  seal_as_before(tags, "k1", std::string(64, '1'), "content");
  put(tags);

  const VerdictAnswer answer = ask();

  EXPECT_EQ(answer.state, State::verdict);
  EXPECT_EQ(answer.seal, Seal::sealed);
  EXPECT_THAT(answer.explanation, HasSubstr("an old seal"));
}

TEST_F(VerdictInquiryTest, GoodNewsThatIsTooOldIsStale) {
  const SystemTime now = clock_.system_now();
  const auto ask_with = [&](const std::optional<SealKeyRing>& keys) {
    VerdictInquiryOptions asked = options(keys);
    asked.age_max = std::chrono::hours(24);
    return VerdictInquiry(asked, store_, clock_, random_).look(object_, {}).value();
  };
  SealOrigin yesterday = kOurs;
  yesterday.time = now - std::chrono::hours(24);
  SealOrigin before = kOurs;
  before.time = yesterday.time - seconds(1);
  for (const auto& keys : {std::optional<SealKeyRing>(ring()), std::optional<SealKeyRing>()}) {
    SCOPED_TRACE(keys ? "with a key" : "without");
    put(sealed(clean_verdict(7), "content", yesterday));
    EXPECT_EQ(ask_with(keys).state, State::verdict);
    put(sealed(clean_verdict(7), "content", before));
    EXPECT_EQ(ask_with(keys).state, State::stale);
    EXPECT_THAT(ask_with(keys).explanation, HasSubstr("2026-11-21T15:50:32Z"));
    put(sealed(infected_verdict({"V"}, 7), "content", before));
    EXPECT_EQ(ask_with(keys).state, State::verdict) << "it is no better for being old";
  }
  TagSet undated{{"scan-result", "Clean"}};
  put(undated);
  EXPECT_EQ(ask_with(std::nullopt).state, State::stale);
  EXPECT_THAT(ask_with(std::nullopt).explanation, HasSubstr("does not say when"));
  undated["date-scanned"] = "2026-11-22T17:00:00Z";
  put(undated);
  EXPECT_EQ(ask_without_key().state, State::unproven);
  EXPECT_THAT(ask_without_key().explanation, HasSubstr("still to come"));
  EXPECT_EQ(name_of(State::stale), "stale");
}

TEST_F(VerdictInquiryTest, ASealTellsTheAgeWhereTheDateFoundNoRoom) {
  TagSet tags{{"scan-result", "Clean"}};
  SealOrigin today = kOurs;
  today.time = clock_.system_now();
  seal_tags(tags, {}, {hex(sha256("content")), 7}, today, {}, ring());
  put(tags);
  VerdictInquiryOptions asked = options(ring());
  asked.age_max = std::chrono::hours(1);

  EXPECT_EQ(VerdictInquiry(asked, store_, clock_, random_).look(object_, {})->state,
            State::verdict);
}

TEST_F(VerdictInquiryTest, BadNewsNeedsNoSealButABrokenOneIsNoNews) {
  put({{"scan-result", "Infected"}, {"virus-name", "V"}});
  EXPECT_EQ(ask().state, State::verdict);
  put({{"scan-result", "Error"}, {"message", "kms: no key"}});
  EXPECT_EQ(ask().state, State::verdict);
  EXPECT_EQ(ask().message, "kms: no key");
  put(sealed(infected_verdict({"V"}, 7), "other"));
  EXPECT_EQ(ask().state, State::unproven);
}

TEST_F(VerdictInquiryTest, WithoutAKeyTheTagsAreBelieved) {
  put({{"scan-result", "Clean"}});
  EXPECT_EQ(ask_without_key().state, State::verdict);
  EXPECT_EQ(ask_without_key().seal, Seal::unsealed);
  put(sealed(clean_verdict(7), "other bytes"));
  EXPECT_EQ(ask_without_key().state, State::verdict);
  EXPECT_EQ(ask_without_key().seal, Seal::unchecked);
  EXPECT_EQ(store_.calls(Call::read), 0);
}

TEST_F(VerdictInquiryTest, NoVerdictIsPendingAndNoObjectIsMissing) {
  EXPECT_EQ(ask().state, State::missing);
  put({{"team", "red"}, {"message", "hello"}});
  EXPECT_EQ(ask().state, State::pending);
  EXPECT_EQ(ask().message, "");
  put({{"scan-result", "clean"}});
  EXPECT_EQ(ask().state, State::pending);
  EXPECT_EQ(store_.calls(Call::read), 0) << "nothing to check";
  store_.delete_current(object_.bucket, object_.key);
  EXPECT_EQ(ask_without_key().state, State::missing);
}

TEST_F(VerdictInquiryTest, LooksAtExactlyTheVersionThatIsNamed) {
  store_.set_versions(object_.bucket, Versions::on);
  const CopyResult first =
      store_.put(object_.bucket, object_.key, "one", sealed(clean_verdict(3), "one"));
  store_.put(object_.bucket, object_.key, "two", {});
  const ObjectRef pinned{object_.bucket, object_.key, first.version};

  EXPECT_EQ(with_key_.look(pinned, {})->state, State::verdict);
  EXPECT_EQ(with_key_.look(object_, {})->state, State::pending);
}

TEST_F(VerdictInquiryTest, ATransferThatIsCutGoesOn) {
  put(sealed(clean_verdict(7), "content"));
  store_.cut_next_read(3);
  store_.cut_next_read(4);

  EXPECT_EQ(ask().seal, Seal::sealed);
}

TEST_F(VerdictInquiryTest, NeverMixesTheTagsOfOneObjectWithTheBytesOfAnother) {
  put({}, "content");
  store_.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::tags && store_.calls(Call::tags) == 1) {
      put(sealed(clean_verdict(7), "content"), "another one");
    }
    return std::nullopt;
  });

  const VerdictAnswer answer = ask();

  EXPECT_EQ(answer.state, State::unproven);
  EXPECT_EQ(answer.sha256, hex(sha256("another one")));
  EXPECT_EQ(store_.calls(Call::tags), 2);
}

// Of one ETag and size, in a bucket without versions: what was read before says nothing about what
// is there now, whose tags and seal are those of the first one.
TEST_F(VerdictInquiryTest, ATwinThatComesWhileSomebodyWaitsIsReadItself) {
  const std::string harmless = "content";
  const std::string twin = "CONTENT";
  const struct {
    const char* name;
    bool same_second;
    std::optional<ObjectChecksum::Algorithm> checksum;
  } kCases[] = {
      {"later", false, std::nullopt},
      {"in the same second", true, std::nullopt},
      {"in the same second, with a checksum", true, ObjectChecksum::Algorithm::crc64nvme},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    FakeObjectStore store;
    store.make_bucket(object_.bucket);
    for (const std::string& one : {harmless, twin}) store.give_etag(one, ETag("shared"));
    store.set_checksum(c.checksum);
    if (c.same_second) store.stop_time();
    VerdictInquiry inquiry(options(ring()), store, clock_, random_);
    const TagSet sealed_tags = sealed(clean_verdict(7), harmless);
    TagSet broken = sealed_tags;
    broken["scan-seal"].back() = broken["scan-seal"].back() == 'A' ? 'Q' : 'A';
    store.put(object_.bucket, object_.key, harmless, broken);
    ASSERT_EQ(inquiry.look(object_, {})->seal, Seal::broken);
    store.put(object_.bucket, object_.key, twin, sealed_tags);

    const auto answer = inquiry.look(object_, {});

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->state, State::unproven);
    EXPECT_EQ(answer->sha256, hex(sha256(twin)));
  }
}

TEST_F(VerdictInquiryTest, WhatIsReplacedUnderEveryLookIsAnError) {
  int number = 0;
  put({}, "0");
  store_.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::tags) put({}, std::to_string(++number));
    return std::nullopt;
  });

  EXPECT_EQ(with_key_.look(object_, {}).error().code, Errc::changed);
}

TEST_F(VerdictInquiryTest, WaitsWithGrowingPausesUntilTheVerdictIsThere) {
  put({{"scan-result", "Clean"}});  // An uploader's own word, which the agent replaces later.
  store_.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call == Call::tags && store_.calls(Call::tags) == 5) {
      store_.owner_sets_tags(object, sealed(infected_verdict({"V"}, 7), "content"));
    }
    return std::nullopt;
  });

  const auto answer = with_key_.await_verdict(object_, seconds(30), {});

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->state, State::verdict);
  EXPECT_EQ(answer->result, Disposition::infected);
  const auto waits = clock_.waits();
  ASSERT_EQ(waits.size(), 4U);
  EXPECT_EQ(waits[0], milliseconds(200));
  EXPECT_GT(waits[3], waits[1]);
}

TEST_F(VerdictInquiryTest, GivesTheLastAnswerWhenTheTimeIsOver) {
  put({});
  const SteadyTime start = clock_.steady_now();

  const auto answer = with_key_.await_verdict(object_, seconds(30), {});

  EXPECT_EQ(answer->state, State::pending);
  EXPECT_EQ(clock_.steady_now() - start, seconds(30));
  EXPECT_LT(store_.calls(Call::tags), 20);
}

TEST_F(VerdictInquiryTest, DoesNotWaitWithoutBeingTold) {
  put({});

  EXPECT_EQ(with_key_.await_verdict(object_, seconds(0), {})->state, State::pending);

  EXPECT_TRUE(clock_.waits().empty());
}

TEST_F(VerdictInquiryTest, WaitingReadsTheSameBytesOnce) {
  put(sealed(clean_verdict(7), "other bytes"));

  EXPECT_EQ(with_key_.await_verdict(object_, seconds(30), {})->seal, Seal::broken);

  EXPECT_EQ(store_.calls(Call::read), 1);
}

TEST_F(VerdictInquiryTest, WaitsForWhatIsOnlyAwayAndGivesUpOnARefusal) {
  put(sealed(clean_verdict(7), "content"));
  store_.fail_next(Call::head, {Errc::unavailable, "no route"}, 3);
  EXPECT_EQ(with_key_.await_verdict(object_, seconds(30), {})->state, State::verdict);

  store_.fail_next(Call::tags, {Errc::denied, "AccessDenied", ErrorCause::access_denied});
  EXPECT_EQ(with_key_.await_verdict(object_, seconds(30), {}).error().code, Errc::denied);
}

TEST_F(VerdictInquiryTest, AMissingObjectIsAnAnswerUnlessItIsWaitedFor) {
  EXPECT_EQ(with_key_.await_verdict(object_, seconds(30), {})->state, State::missing);
  EXPECT_TRUE(clock_.waits().empty());

  int heads = 0;
  store_.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::head && ++heads == 3) put({{"scan-result", "Infected"}});
    return std::nullopt;
  });
  const auto came =
      with_key_.await_verdict(object_, seconds(30), {}, AwaitedThing::object_and_verdict);

  EXPECT_EQ(came->result, Disposition::infected);
  EXPECT_EQ(clock_.waits().size(), 2U);
}

/// Answers with what a test put there.
class InquiryOfQuarantined : public VerdictInquiryTest {
 protected:
  InquiryOfQuarantined() {
    store_.make_bucket(kQuarantine, Versions::on);
    found_ = std::optional<Quarantined>(
        Quarantined{.record = {.stored = {kQuarantine, ObjectKey("b/k"), VersionId("q1")},
                               .original = object_,
                               .original_version = VersionId("v7"),
                               .sha256 = std::string(64, 'a'),
                               .signatures = {"Win.Test", "Other"},
                               .result = Disposition::infected,
                               .time = SystemTime(seconds(60))},
                    .bytes = 68,
                    .moved_at = SystemTime(seconds(61))});
  }

  static inline const BucketName kQuarantine{"cordon-quarantine-main-1-r"};
  Result<std::optional<Quarantined>> found_ = std::optional<Quarantined>();
  int searches_ = 0;
  VerdictInquiry inquiry_{{.seal_keys = ring(),
                           .quarantine =
                               [this](const ObjectRef&, Deadline, std::stop_token) {
                                 ++searches_;
                                 return found_;
                               }},
                          store_,
                          clock_,
                          random_};
};

TEST_F(InquiryOfQuarantined, WhatWasMovedAwayIsFoundThereAtOnce) {
  const auto answer = inquiry_.await_verdict(object_, seconds(30), {});

  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->state, State::verdict);
  EXPECT_EQ(answer->result, Disposition::infected);
  EXPECT_EQ(answer->virus, "Win.Test+1");
  EXPECT_EQ(answer->date, "1970-01-01T00:01:00Z");
  EXPECT_EQ(answer->quarantined, (*found_)->record.stored);
  EXPECT_EQ(answer->object.version, VersionId("v7"));
  EXPECT_EQ(answer->head->bytes, 68U);
  EXPECT_THAT(answer->explanation, HasSubstr("in quarantine since 1970-01-01T00:01:01Z"));
  EXPECT_THAT(answer->explanation, HasSubstr("q1:b/k"));
  EXPECT_TRUE(clock_.waits().empty());
}

TEST_F(InquiryOfQuarantined, WhatIsInItsPlaceIsNotLookedForElsewhere) {
  put({{"scan-result", "Infected"}});

  EXPECT_EQ(inquiry_.look(object_, {})->quarantined, std::nullopt);

  EXPECT_EQ(searches_, 0);
}

TEST_F(InquiryOfQuarantined, ItsTagsHelpWhereItsMetadataWereLost) {
  (*found_)->record = {.stored = {kQuarantine, ObjectKey("b/k")}};
  store_.put(kQuarantine, ObjectKey("b/k"), "x",
             {{"scan-result", "Suspicious"}, {"virus-name", "V"}, {"date-scanned", "then"}});

  const auto answer = inquiry_.look(object_, {});

  EXPECT_EQ(answer->state, State::verdict);
  EXPECT_EQ(answer->result, Disposition::suspicious);
  EXPECT_EQ(answer->virus, "V");
  EXPECT_EQ(answer->date, "then");
}

TEST_F(InquiryOfQuarantined, NothingThatLiesThereIsGoodNews) {
  for (const auto result :
       {std::optional<Disposition>(Disposition::clean),
        std::optional<Disposition>(Disposition::infected_allowed), std::optional<Disposition>()}) {
    (*found_)->record.result = result;

    const auto answer = inquiry_.await_verdict(object_, seconds(30), {});

    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->state, State::unproven);
    EXPECT_TRUE(clock_.waits().empty()) << "and waiting changes nothing";
  }
}

TEST_F(InquiryOfQuarantined, ASearchThatIsRefusedIsSaidAndOneThatFailsIsRepeated) {
  found_ = Error{Errc::denied, "s3:ListBucketVersions"};
  const auto refused = inquiry_.await_verdict(object_, seconds(30), {});
  EXPECT_EQ(refused->state, State::missing);
  EXPECT_THAT(refused->explanation, HasSubstr("s3:ListBucketVersions"));

  found_ = Error{Errc::unavailable, "away"};
  EXPECT_EQ(inquiry_.await_verdict(object_, seconds(30), {}).error().code, Errc::unavailable);
  EXPECT_GT(searches_, 2);
}

TEST_F(InquiryOfQuarantined, NoVersionBelowAnswersForTheOneThatWasMovedAway) {
  store_.set_versions(object_.bucket, Versions::on);
  put(sealed(clean_verdict(7), "fine"), "fine");
  const CopyResult harmful = store_.put(object_.bucket, object_.key, "harmful", {});
  store_.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call != Call::tags || store_.calls(Call::tags) != 2) return std::nullopt;
    EXPECT_TRUE(store_.remove({object_.bucket, object_.key, harmful.version}, harmful.etag,
                              Deadline::never(), {}));
    return std::nullopt;
  });

  const auto answer = inquiry_.await_verdict(object_, seconds(30), {});

  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->result, Disposition::infected);
  EXPECT_TRUE(answer->quarantined);
}

TEST_F(VerdictInquiryTest, AStopEndsTheWait) {
  put({});
  std::stop_source stop;
  store_.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::tags) stop.request_stop();
    return std::nullopt;
  });

  EXPECT_EQ(with_key_.await_verdict(object_, seconds(30), stop.get_token()).error().code,
            Errc::cancelled);
}

}  // namespace
}  // namespace cordon
