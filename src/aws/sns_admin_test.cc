#include "aws/sns_admin.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

constexpr const char* kTopic = "arn:aws:sns:eu-west-1:111122223333:cordon-events-main";
constexpr const char* kQueue = "arn:aws:sqs:eu-west-1:111122223333:cordon-events-main";

std::string page(const std::string& members, const std::string& next = "") {
  return "<ListSubscriptionsByTopicResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"
         "<ListSubscriptionsByTopicResult><Subscriptions>" +
         members + "</Subscriptions>" +
         (next.empty() ? "" : "<NextToken>" + next + "</NextToken>") +
         "</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>";
}

std::string member(const std::string& arn, const std::string& endpoint) {
  return "<member><SubscriptionArn>" + arn +
         "</SubscriptionArn><Protocol>sqs</Protocol><Endpoint>" + endpoint + "</Endpoint></member>";
}

class SnsAdminTest : public testing::Test {
 protected:
  FakeServiceClient client_;
  SnsAdmin admin_{client_};
};

TEST_F(SnsAdminTest, CreatesATopicByAForm) {
  client_.will_answer(200, {},
                      std::string("<CreateTopicResponse><CreateTopicResult><TopicArn>") + kTopic +
                          "</TopicArn></CreateTopicResult></CreateTopicResponse>");

  const Result<std::string> arn = admin_.ensure("cordon-events-main", Deadline::never(), {});

  ASSERT_TRUE(arn) << arn.error().what;
  EXPECT_EQ(*arn, kTopic);
  EXPECT_EQ(client_.last_call().body,
            "Action=CreateTopic&Version=2010-03-31&Name=cordon-events-main");
}

TEST_F(SnsAdminTest, ReadsThePolicyAmongTheAttributes) {
  client_.will_answer(200, {},
                      "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>"
                      "<entry><key>Owner</key><value>1</value></entry>"
                      "<entry><key>Policy</key><value>{&quot;Statement&quot;:[]}</value></entry>"
                      "</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>");

  EXPECT_EQ(*admin_.policy(kTopic, Deadline::never(), {}), "{\"Statement\":[]}");
}

TEST_F(SnsAdminTest, EncodesThePolicyThatItWrites) {
  client_.will_answer(200, {}, "<SetTopicAttributesResponse/>");

  ASSERT_TRUE(admin_.set_policy("t", "{\"a\": \"&=+\"}", Deadline::never(), {}));

  EXPECT_EQ(client_.last_call().body,
            "Action=SetTopicAttributes&Version=2010-03-31&TopicArn=t&AttributeName=Policy&"
            "AttributeValue=%7B%22a%22%3A%20%22%26%3D%2B%22%7D");
}

TEST_F(SnsAdminTest, ListsAllPages) {
  client_.will_answer(200, {}, page(member("arn:1", "q1"), "more"));
  client_.will_answer(200, {}, page(member("PendingConfirmation", "q2")));

  const auto all = admin_.subscriptions(kTopic, Deadline::never(), {});

  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->at(0).arn, "arn:1");
  EXPECT_EQ(all->at(1).arn, "");
  EXPECT_NE(client_.last_call().body.find("NextToken=more"), std::string::npos);
}

TEST_F(SnsAdminTest, EndlessPagesEnd) {
  client_.answer_by([](const AwsCall&, Deadline, std::stop_token) {
    return HttpResponse{200, {}, page("", "more")};
  });

  EXPECT_EQ(admin_.subscriptions(kTopic, Deadline::never(), {}).error().code, Errc::invalid);
}

TEST_F(SnsAdminTest, SubscribesAQueueOnce) {
  client_.will_answer(200, {}, page(member("arn:1", "another")));
  client_.will_answer(200, {},
                      "<SubscribeResponse><SubscribeResult><SubscriptionArn>arn:2</SubscriptionArn>"
                      "</SubscribeResult></SubscribeResponse>");
  client_.will_answer(200, {}, page(member("arn:2", kQueue)));

  EXPECT_EQ(*admin_.subscribe_queue(kTopic, kQueue, Deadline::never(), {}), "arn:2");
  EXPECT_EQ(*admin_.subscribe_queue(kTopic, kQueue, Deadline::never(), {}), "arn:2");

  EXPECT_EQ(client_.operations(), (std::vector<std::string>{"ListSubscriptionsByTopic", "Subscribe",
                                                            "ListSubscriptionsByTopic"}));
  EXPECT_EQ(client_.calls()[1].body.find("RawMessageDelivery"), std::string::npos);
}

TEST_F(SnsAdminTest, RefusesRepliesThatAreNone) {
  for (const std::string body : {"", "{}", "<CreateTopicResponse/>", "<Other/>",
                                 "<CreateTopicResponse><CreateTopicResult>"}) {
    SCOPED_TRACE(body);
    client_.will_answer(200, {}, body);
    EXPECT_EQ(admin_.ensure("n", Deadline::never(), {}).error().code, Errc::unavailable);
    EXPECT_EQ(decode_subscriptions(body).error().code, Errc::unavailable);
    EXPECT_EQ(decode_topic_policy(body).error().code, Errc::unavailable);
  }
}

}  // namespace
}  // namespace cordon
