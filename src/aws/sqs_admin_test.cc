#include "aws/sqs_admin.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kUrl = "{\"QueueUrl\": \"https://sqs/1/q\"}";
constexpr const char* kAttributes =
    R"({"Attributes": {"QueueArn": "arn:q", "Policy": "{}", "MaximumMessageSize": "1048576", "VisibilityTimeout": "120",
        "ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "3",
        "RedrivePolicy": "{\"deadLetterTargetArn\":\"arn:dead\",\"maxReceiveCount\":5}"}})";

class SqsAdminTest : public testing::Test {
 protected:
  Result<QueueInfo> ensure() { return admin_.ensure("q", settings_, Deadline::never(), {}); }
  json::object body(std::size_t call) const {
    return json::parse(client_.calls().at(call).body).as_object();
  }

  FakeServiceClient client_;
  SqsAdmin admin_{client_};
  QueueSettings settings_{.policy = "{\"Statement\":[]}", .dead_letter_arn = "arn:dead"};
};

TEST_F(SqsAdminTest, FindsAQueueByItsName) {
  client_.will_answer(200, {}, kUrl);
  client_.will_answer(200, {}, kAttributes);

  const Result<QueueInfo> info = admin_.find("q", Deadline::never(), {});

  ASSERT_TRUE(info) << info.error().what;
  EXPECT_EQ(info->url, "https://sqs/1/q");
  EXPECT_EQ(info->arn, "arn:q");
  EXPECT_EQ(info->policy, "{}");
  EXPECT_EQ(info->dead_letter_arn, "arn:dead");
  EXPECT_EQ(info->messages, 5U);
  EXPECT_EQ(info->message_bytes_max, 1'048'576U);
  EXPECT_EQ(info->visibility, std::chrono::seconds(120));
}

TEST_F(SqsAdminTest, SaysThatThereIsNoSuchQueue) {
  client_.will_answer(remote_error(Errc::invalid, "QueueDoesNotExist"));

  EXPECT_EQ(admin_.find("q", Deadline::never(), {}).error().code, Errc::not_found);
}

TEST_F(SqsAdminTest, CreatesWhatIsMissing) {
  client_.will_answer(remote_error(Errc::invalid, "QueueDoesNotExist"));
  client_.will_answer(200, {}, kUrl);
  client_.will_answer(200, {}, kAttributes);

  ASSERT_TRUE(ensure());

  EXPECT_EQ(client_.operations(),
            (std::vector<std::string>{"GetQueueUrl", "CreateQueue", "GetQueueAttributes"}));
  const json::object attributes = body(1).at("Attributes").as_object();
  EXPECT_EQ(attributes.at("VisibilityTimeout"), "120");
  EXPECT_EQ(attributes.at("MessageRetentionPeriod"), "1209600");
  EXPECT_EQ(attributes.at("ReceiveMessageWaitTimeSeconds"), "20");
  EXPECT_EQ(attributes.at("MaximumMessageSize"), "1048576");
  EXPECT_EQ(attributes.at("Policy").as_string(), settings_.policy.c_str());
  EXPECT_EQ(attributes.at("RedrivePolicy"),
            "{\"deadLetterTargetArn\":\"arn:dead\",\"maxReceiveCount\":5}");
}

TEST_F(SqsAdminTest, BringsAnExistingQueueToItsSettings) {
  client_.will_answer(200, {}, kUrl);
  client_.will_answer(200, {}, "");
  client_.will_answer(200, {}, kAttributes);

  ASSERT_TRUE(ensure());

  EXPECT_EQ(client_.operations(),
            (std::vector<std::string>{"GetQueueUrl", "SetQueueAttributes", "GetQueueAttributes"}));
}

TEST_F(SqsAdminTest, TakesTheCeilingThatTheServerHas) {
  client_.will_answer(200, {}, kUrl);
  client_.will_answer(remote_error(Errc::invalid, "InvalidAttributeValue"));
  client_.will_answer(200, {}, "");
  client_.will_answer(200, {}, kAttributes);

  ASSERT_TRUE(ensure());

  EXPECT_EQ(body(2).at("Attributes").at("MaximumMessageSize"), "262144");
}

TEST_F(SqsAdminTest, ADeletedQueuesNameIsFreeAfterAWhile) {
  client_.will_answer(remote_error(Errc::not_found, "QueueDoesNotExist"));
  client_.will_answer(remote_error(Errc::invalid, "AWS.SimpleQueueService.QueueDeletedRecently"));

  EXPECT_EQ(ensure().error().code, Errc::unavailable);
}

TEST_F(SqsAdminTest, LeavesAQueueAloneThatItCannotSee) {
  client_.will_answer(remote_error(Errc::denied, "AccessDenied"));

  EXPECT_EQ(ensure().error().code, Errc::denied);
  EXPECT_EQ(client_.operations().size(), 1U);
}

TEST_F(SqsAdminTest, RefusesAttributesThatAreNone) {
  for (const std::string text : {"", "[]", "{}", "{\"Attributes\": []}", "{\"Attributes\": {}}",
                                 "{\"Attributes\": {\"QueueArn\": 7}}"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(decode_queue_attributes(text, "u").error().code, Errc::unavailable);
  }
}

}  // namespace
}  // namespace cordon
