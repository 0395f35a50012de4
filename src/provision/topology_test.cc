#include "provision/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kTopic = "arn:aws:sns:eu-west-1:111122223333:t";
const std::string kQueue = "arn:aws:sqs:eu-west-1:111122223333:q";
const AccountId kOurs("111122223333");
const Region kRegion("eu-west-1");
const BucketName kBucket("quarantine");
const MemberAccount kMember{.id = AccountId("444455556666"),
                            .role_arn = "arn:aws:iam::444455556666:role/r",
                            .buckets = {BucketName("theirs")}};

std::string topic_policy(const std::string& present, const std::vector<AccountId>& members) {
  return event_topic_policy(present, kTopic, kOurs, kRegion, members).value();
}

TEST(TopologyPolicies, KeepForeignStatementsAndReplaceOurs) {
  const std::string foreign =
      R"({"Version":"2008-10-17","Id":"x","Statement":{"Sid":"Partner","Effect":"Allow"}})";
  const auto check = [&](const auto& edit) {
    const std::string once = edit(foreign).value();
    EXPECT_TRUE(has_statement(once, "Partner"));
    EXPECT_THAT(once, HasSubstr(R"("Version":"2008-10-17","Id":"x")"));
    EXPECT_EQ(edit(once).value(), once);
    for (const char* unreadable : {"{", "[]", R"({"Statement":"x"})", R"({"Statement":1})"}) {
      EXPECT_EQ(edit(unreadable).error().code, Errc::invalid) << unreadable;
    }
    EXPECT_TRUE(edit(""));
  };

  check([](const std::string& p) { return event_topic_policy(p, kTopic, kOurs, kRegion, {}); });
  check([](const std::string& p) { return with_event_bus(p, kTopic); });
  check([](const std::string& p) { return event_queue_policy(p, kQueue, {kTopic}); });
  check([](const std::string& p) { return private_bucket_policy(p, kBucket, kRegion, true); });
  check(
      [](const std::string& p) { return quarantine_policy(p, kBucket, kRegion, true, {kMember}); });
}

TEST(TopologyPolicies, TheEventBusIsLetInBesideTheMembers) {
  const std::string before = topic_policy("", {kMember.id});

  const std::string after = with_event_bus(before, kTopic).value();

  EXPECT_THAT(accounts_let_in(after), ElementsAre(kOurs, kMember.id));
  EXPECT_TRUE(has_statement(after, kTopicFromEventBusSid));
  EXPECT_THAT(accounts_let_in(topic_policy(after, {})), ElementsAre(kOurs));
  EXPECT_TRUE(has_statement(topic_policy(after, {}), kTopicFromEventBusSid));
}

TEST(TopologyPolicies, WhoIsNoMemberAnyMoreIsTakenOutOfTheQuarantine) {
  const std::string foreign =
      R"({"Version":"2012-10-17","Statement":[{"Sid":"CordonMemberOfTheBoard","Effect":"Deny"}]})";
  const std::string with = quarantine_policy(foreign, kBucket, kRegion, true, {kMember}).value();
  EXPECT_THAT(with, HasSubstr("quarantine/theirs/*"));

  const std::string without = quarantine_policy(with, kBucket, kRegion, true, {}).value();

  EXPECT_THAT(without, Not(HasSubstr("444455556666")));
  EXPECT_TRUE(has_statement(without, "CordonMemberOfTheBoard"));
  MemberAccount idle = kMember;
  idle.buckets.clear();
  EXPECT_EQ(quarantine_policy(with, kBucket, kRegion, true, {idle}).value(), without);
}

TEST(TopologyPolicies, TlsOnlyIsNotTakenAwayByWhoSpeaksWithoutIt) {
  EXPECT_THAT(private_bucket_policy("", kBucket, kRegion, false).value(), IsEmpty());
  EXPECT_THAT(quarantine_policy("", kBucket, kRegion, false, {}).value(), IsEmpty());
  const std::string tls = private_bucket_policy("", kBucket, kRegion, true).value();
  EXPECT_THAT(tls, HasSubstr("aws:SecureTransport"));

  EXPECT_TRUE(is_same_policy(private_bucket_policy(tls, kBucket, kRegion, false).value(), tls));
  EXPECT_TRUE(is_same_policy(quarantine_policy(tls, kBucket, kRegion, false, {}).value(), tls));
}

}  // namespace
}  // namespace cordon
