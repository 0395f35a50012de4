#include "operations/verdict_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "core/provenance.h"
#include "core/sealing.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using Call = FakeObjectStore::Call;
using State = VerdictAnswer::State;
using Seal = VerdictAnswer::Seal;
using Versions = FakeObjectStore::Versions;

const BucketName kUploads("uploads");
const BucketName kTheirs("theirs");
const BucketName kQuarantine("cordon-quarantine-main-111122223333-eu-west-1");
const std::string kContent = "content";

const SealKeyRing& ring() {
  static const SealKeyRing kRing = SealKeyRing::parse("k1 " + std::string(64, '1')).value();
  return kRing;
}

class VerdictLookupTest : public testing::Test {
 protected:
  VerdictLookupTest() {
    account_.home().buckets.buckets[kUploads.str()] = {};
    account_.objects.make_bucket(kUploads);
    account_.objects.make_bucket(kQuarantine, Versions::on);
  }

  void put(const TagSet& tags) { account_.objects.put(kUploads, ObjectKey("k"), kContent, tags); }
  TagSet sealed_by(const std::string& deployment) const {
    const SealOrigin by{.signatures = "27451",
                        .deployment = deployment,
                        .time = account_.clock.system_now() - std::chrono::hours(2)};
    TagSet tags = tags_for({.verdict = clean_verdict(7), .scanned_at = by.time}, {});
    seal_tags(tags, {}, {hex(sha256(kContent)), kContent.size()}, by, {}, ring());
    return tags;
  }
  Result<VerdictAnswer> look(const VerdictRequest& request) {
    return look_up_verdict(access_, runtime_.runtime, settings_, request);
  }

  const ObjectRef object_{kUploads, ObjectKey("k")};
  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  Settings settings_;
};

TEST_F(VerdictLookupTest, WithoutAKeyTheTagsAreBelieved) {
  put({{"scan-result", "Infected"}, {"virus-name", "V"}});

  const auto answer = look({.object = object_});

  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->state, State::verdict);
  EXPECT_EQ(answer->result, Disposition::infected);
  EXPECT_EQ(answer->virus, "V");
}

TEST_F(VerdictLookupTest, ReadsTheTagsByTheirNamesInTheSettings) {
  settings_.tags.keys.result = "verdict";
  put({{"verdict", "Infected"}});

  EXPECT_EQ(look({.object = object_})->state, State::verdict);
}

TEST_F(VerdictLookupTest, WithAKeyOnlyASealOfThisDeploymentCounts) {
  put({{"scan-result", "Clean"}});
  EXPECT_EQ(look({.object = object_, .seal_keys = ring()})->state, State::unproven);

  put(sealed_by("main@111122223333"));
  EXPECT_EQ(look({.object = object_, .seal_keys = ring()})->state, State::verdict);

  put(sealed_by("other@444455556666"));
  const auto of_others = look({.object = object_, .seal_keys = ring()});
  EXPECT_EQ(of_others->state, State::unproven);
  EXPECT_EQ(of_others->seal, Seal::other_deployment);
}

TEST_F(VerdictLookupTest, WhoeverAsksMayNameTheDeploymentThatCounts) {
  put(sealed_by("other@444455556666"));

  EXPECT_EQ(
      look({.object = object_, .sealed_by = "other@444455556666", .seal_keys = ring()})->state,
      State::verdict);
}

TEST_F(VerdictLookupTest, GoodNewsMayBeTooOld) {
  put(sealed_by("main@111122223333"));

  EXPECT_EQ(look({.object = object_, .age_max = std::chrono::hours(1), .seal_keys = ring()})->state,
            State::stale);
  EXPECT_EQ(look({.object = object_, .age_max = std::chrono::hours(3), .seal_keys = ring()})->state,
            State::verdict);
}

TEST_F(VerdictLookupTest, ThatItIsNotThereIsAnAnswer) {
  EXPECT_EQ(look({.object = object_})->state, State::missing);
}

TEST_F(VerdictLookupTest, WaitsForTheObjectWhenItIsToldTo) {
  int looks = 0;
  account_.objects.on_call([&](Call call, const ObjectRef& object) -> std::optional<Error> {
    if (call == Call::head && object.bucket == kUploads && ++looks == 3) {
      account_.objects.put(kUploads, ObjectKey("k"), kContent, {{"scan-result", "Infected"}});
    }
    return std::nullopt;
  });

  const auto answer = look({.object = object_,
                            .wait = std::chrono::seconds(60),
                            .awaited = AwaitedThing::object_and_verdict});

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->state, State::verdict);
}

TEST_F(VerdictLookupTest, FindsWhatLiesInQuarantine) {
  const Provenance from{.object = {kUploads, ObjectKey("k"), VersionId("v0")},
                        .etag = ETag("e0"),
                        .sha256 = hex(sha256(kContent)),
                        .signature = "Sig.A",
                        .time = account_.clock.system_now(),
                        .result_id = "01JD0000000000000000000000",
                        .result = "Infected",
                        .signatures = {"Sig.A"}};
  const ObjectKey to = quarantine_key(from.object);
  account_.objects.put(kQuarantine, to, kContent, {},
                       quarantine_metadata(from, kQuarantine, to, {}));

  const auto answer = look({.object = object_});

  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->state, State::verdict);
  EXPECT_EQ(answer->result, Disposition::infected);
  ASSERT_TRUE(answer->quarantined);
  EXPECT_EQ(answer->quarantined->bucket, kQuarantine);
}

TEST_F(VerdictLookupTest, SaysThatTheQuarantineMayNotBeSearched) {
  account_.catalogue.list_fails.emplace(kQuarantine, Error{Errc::denied, "no"});

  const auto answer = look({.object = object_});

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->state, State::missing);
  EXPECT_THAT(answer->explanation, HasSubstr("may not be looked at"));
}

TEST_F(VerdictLookupTest, WhereTheSearchFailsThereIsNoAnswer) {
  account_.catalogue.list_fails.emplace(kQuarantine, Error{Errc::unavailable, "out of order"});

  EXPECT_EQ(look({.object = object_}).error().code, Errc::unavailable);
}

TEST_F(VerdictLookupTest, ARefusalInAMembersBucketSaysWhoseItIs) {
  const std::string role = "arn:aws:iam::444455556666:role/cordon";
  settings_.accounts = {{.id = AccountId("444455556666"), .role_arn = role, .buckets = {kTheirs}}};
  FakeObjectStore& theirs = account_.member_of(role).objects;
  theirs.make_bucket(kTheirs);
  theirs.fail_next(Call::head, {Errc::denied, "no"});

  const auto answer = look({.object = {kTheirs, ObjectKey("k")}});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::denied);
  EXPECT_THAT(answer.error().what, HasSubstr(role));
}

TEST_F(VerdictLookupTest, AStopIsNoAnswer) {
  put({});
  runtime_.stop.request_stop();

  EXPECT_EQ(look({.object = object_}).error().code, Errc::cancelled);
}

// --- documents ---------------------------------------------------------------------------------

std::string text_of(const VerdictAnswer& answer) {
  return boost::json::serialize(document_of(answer));
}

TEST(VerdictDocument, TellsAllThatIsKnown) {
  const VerdictAnswer answer{
      .state = State::verdict,
      .object = {kUploads, ObjectKey("k"), VersionId("v1")},
      .head = ObjectHead{.bytes = 7, .etag = ETag("e1")},
      .result = Disposition::unscannable,
      .date = "1970-01-01T00:00:00Z",
      .virus = "V",
      .message = "archived: restore it first",
      .seal = Seal::sealed,
      .seal_text = SealText{.key_id = "k1",
                            .signatures = "27451",
                            .deployment = "main@111122223333",
                            .policy = "p"},
      .sha256 = "00ff",
      .quarantined = ObjectRef{kQuarantine, ObjectKey("uploads/k"), VersionId("v2")},
      .explanation = "because"};

  EXPECT_EQ(
      text_of(answer),
      R"({"schema":"cordon.verdict/1","bucket":"uploads","key":"k","versionId":"v1","eTag":"e1",)"
      R"("size":7,"state":"verdict","result":"Unscannable","reason":"archived",)"
      R"("message":"archived: restore it first","virusName":"V",)"
      R"("dateScanned":"1970-01-01T00:00:00Z","seal":"sealed","keyId":"k1","signatures":"27451",)"
      R"("deployment":"main@111122223333","policy":"p","sha256":"00ff",)"
      R"("quarantine":{"id":"v2:uploads/k",)"
      R"("bucket":"cordon-quarantine-main-111122223333-eu-west-1"},"explanation":"because"})");
}

TEST(VerdictDocument, WhatIsUnknownIsNull) {
  const VerdictAnswer answer{.object = {kUploads, ObjectKey("k")}, .explanation = "not there"};

  EXPECT_EQ(
      text_of(answer),
      R"({"schema":"cordon.verdict/1","bucket":"uploads","key":"k","versionId":null,"eTag":null,)"
      R"("size":null,"state":"missing","result":null,"reason":null,"message":null,)"
      R"("virusName":null,"dateScanned":null,"seal":"absent","keyId":null,"signatures":null,)"
      R"("deployment":null,"policy":null,"sha256":null,"quarantine":null,)"
      R"("explanation":"not there"})");
}

}  // namespace
}  // namespace cordon
