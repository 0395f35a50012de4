// SnsListening, EventBridge and FileShares: what they ask, and how they take what they are told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "aws/event_bridge.h"
#include "aws/file_shares.h"
#include "aws/sns_listening.h"
#include "testing/fake_service_client.h"

namespace cordon {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kTopic = "arn:aws:sns:eu-west-1:111122223333:theirs";
constexpr const char* kQueue = "arn:aws:sqs:eu-west-1:111122223333:cordon-events-main";
constexpr const char* kShare = "arn:aws:storagegateway:eu-west-1:111122223333:share/share-1";

std::string subscriptions(const std::string& members) {
  return "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>" +
         members +
         "</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>";
}

const std::string kOurs = std::string("<member><SubscriptionArn>arn:s</SubscriptionArn>") +
                          "<Protocol>sqs</Protocol><Endpoint>" + kQueue + "</Endpoint></member>";

std::string attributes(const std::string& scope, const std::string& filter) {
  return "<GetSubscriptionAttributesResponse><GetSubscriptionAttributesResult><Attributes>"
         "<entry><key>FilterPolicyScope</key><value>" +
         scope + "</value></entry><entry><key>FilterPolicy</key><value>" + filter +
         "</value></entry></Attributes></GetSubscriptionAttributesResult>"
         "</GetSubscriptionAttributesResponse>";
}

TEST(SnsListening, TellsItsOwnConditionFromOthers) {
  const std::vector<BucketName> both{BucketName("a"), BucketName("b")};
  const struct {
    const char* phrase;
    std::string xml;
    Listening meaning;
  } kCases[] = {
      {"ours", attributes("MessageBody", bucket_filter(both)), {true, false, both}},
      {"none", attributes("MessageAttributes", ""), {true, true, {}}},
      {"an empty one", attributes("MessageAttributes", "{}"), {true, true, {}}},
      {"on attributes", attributes("MessageAttributes", bucket_filter(both)), {true, false, {}}},
      {"ours and more",
       attributes("MessageBody",
                  R"({"Records":{"s3":{"bucket":{"name":["a"]},"object":{"key":["k"]}}}})"),
       {true, false, {}}},
      {"a pattern instead of names",
       attributes("MessageBody", R"({"Records":{"s3":{"bucket":{"name":[{"prefix":"a"}]}}}})"),
       {true, false, {}}},
      {"nothing that is JSON", attributes("MessageBody", "{"), {true, false, {}}},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.phrase);
    const Result<Listening> found = decode_listening(one.xml);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(*found, one.meaning);
  }
}

TEST(SnsListening, SubscribesUnderItsConditionFromTheFirstMessageOn) {
  FakeServiceClient client;
  client.will_answer(200, {}, subscriptions(""));
  client.will_answer(200, {}, "<SubscribeResponse/>");

  ASSERT_TRUE(
      SnsListening(client).listen(kTopic, kQueue, {BucketName("a")}, Deadline::never(), {}));

  EXPECT_THAT(client.operations(), ElementsAre("ListSubscriptionsByTopic", "Subscribe"));
  EXPECT_THAT(client.last_call().body, HasSubstr("FilterPolicyScope"));
  EXPECT_THAT(client.last_call().body,
              HasSubstr("FilterPolicy&Attributes.entry.2.value=%7B%22Rec"));
}

TEST(SnsListening, NeverTouchesASubscriptionThatIsNotItsOwn) {
  FakeServiceClient client;
  client.will_answer(200, {}, subscriptions(kOurs));
  client.will_answer(200, {}, attributes("MessageAttributes", ""));

  ASSERT_TRUE(SnsListening(client).listen(kTopic, kQueue, {}, Deadline::never(), {}));

  EXPECT_THAT(client.operations(),
              ElementsAre("ListSubscriptionsByTopic", "GetSubscriptionAttributes"));
}

TEST(EventBridge, AMissingRuleIsNoError) {
  FakeServiceClient client;
  client.will_answer(remote_error(Errc::not_found, "ResourceNotFoundException"));

  const auto found = EventBridge(client).rule("r", Deadline::never(), {});

  ASSERT_TRUE(found) << found.error().what;
  EXPECT_FALSE(*found);
}

TEST(EventBridge, MakesTheTargetsExactlyThese) {
  FakeServiceClient client;
  client.will_answer(200, {}, R"({"RuleArn":"arn:r"})");
  client.will_answer(200, {}, R"({"FailedEntryCount":0,"FailedEntries":[]})");
  client.will_answer(200, {}, R"({"Targets":[{"Id":"stray","Arn":"arn:other"}]})");
  client.will_answer(200, {}, R"({"FailedEntryCount":0})");

  ASSERT_TRUE(EventBridge(client).put_rule({.name = "r", .pattern = "{}", .targets = {"arn:t"}},
                                           Deadline::never(), {}));

  EXPECT_THAT(client.operations(),
              ElementsAre("PutRule", "PutTargets", "ListTargetsByRule", "RemoveTargets"));
  EXPECT_THAT(client.last_call().body, HasSubstr(R"("Ids":["stray"])"));
}

TEST(EventBridge, ATargetThatWasRefusedIsAnError) {
  FakeServiceClient client;
  client.will_answer(200, {}, R"({"RuleArn":"arn:r"})");
  client.will_answer(200, {},
                     R"({"FailedEntryCount":1,"FailedEntries":[{"ErrorCode":"Concurrent",
                         "ErrorMessage":"try again"}]})");

  const auto put = EventBridge(client).put_rule(
      {.name = "r", .pattern = "{}", .targets = {"arn:t"}}, Deadline::never(), {});

  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().what, HasSubstr("try again"));
}

TEST(FileShares, AsksInTheOtherProtocolWhenTheFirstDoesNotKnowTheShare) {
  FakeServiceClient client;
  client.will_answer(remote_error(Errc::invalid, "InvalidGatewayRequestException"));
  client.will_answer(
      200, {},
      R"({"SMBFileShareInfoList":[{"FileShareARN":"arn:share","FileShareName":"scans",
                         "LocationARN":"arn:aws:s3:::uploads/in/","FileShareStatus":"AVAILABLE",
                         "NotificationPolicy":"{\"Upload\": {\"SettlingTimeInSeconds\": 60}}"}]})");

  const auto share = FileShares(client).share(kShare, Deadline::never(), {});

  ASSERT_TRUE(share) << share.error().what;
  EXPECT_EQ(share->protocol, FileShare::Protocol::smb);
  EXPECT_EQ(share->bucket, BucketName("uploads"));
  EXPECT_EQ(share->prefix, "in/");
  EXPECT_EQ(share->settling, std::chrono::seconds(60));
}

TEST(FileShares, AShareInNeitherProtocolIsNotFound) {
  FakeServiceClient client;
  client.will_answer(remote_error(Errc::invalid, "InvalidGatewayRequestException"));
  client.will_answer(200, {}, R"({"SMBFileShareInfoList":[]})");

  EXPECT_EQ(FileShares(client).share(kShare, Deadline::never(), {}).error().code, Errc::not_found);
}

TEST(FileShares, RefusesWhatIsNoBucket) {
  const auto share = decode_share(
      R"({"NFSFileShareInfoList":[{"FileShareARN":"a",
          "LocationARN":"arn:aws:s3:eu-west-1:111122223333:accesspoint/x"}]})",
      FileShare::Protocol::nfs);

  ASSERT_FALSE(share);
  EXPECT_EQ(share.error().code, Errc::invalid);
}

TEST(FileShares, SwitchesAnnouncementsOnInTheSharesProtocol) {
  FakeServiceClient client;
  client.will_answer(200, {}, R"({"FileShareARN":"a"})");

  ASSERT_TRUE(
      FileShares(client).announce_uploads({.arn = kShare, .protocol = FileShare::Protocol::smb},
                                          std::chrono::seconds(90), Deadline::never(), {}));

  EXPECT_EQ(client.last_call().operation, "UpdateSMBFileShare");
  const json::object body = json::parse(client.last_call().body).as_object();
  EXPECT_EQ(body.at("NotificationPolicy").as_string(),
            R"({"Upload":{"SettlingTimeInSeconds":90}})");
}

}  // namespace
}  // namespace cordon
