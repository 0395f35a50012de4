#include "aws/sqs_event_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_service_client.h"

namespace cordon {
namespace {

namespace json = boost::json;

class SqsEventSenderTest : public testing::Test {
 protected:
  Result<void> send(const std::string& body) { return sender_.send(body, Deadline::never(), {}); }
  void will_take(const std::string& body) {
    client_.will_answer(
        200, {},
        json::serialize(
            json::object{{"MessageId", "m"}, {"MD5OfMessageBody", hex(md5(as_bytes_of(body)))}}));
  }

  FakeServiceClient client_;
  SqsEventSender sender_{client_, "https://sqs/1/events"};
};

TEST_F(SqsEventSenderTest, SendsTheBodyAsItCame) {
  const std::string body = "{\"Records\": [{\"key\": \"\xC3\xBC\"}]}\n";
  will_take(body);

  ASSERT_TRUE(send(body));

  EXPECT_EQ(client_.last_call().headers.get("X-Amz-Target"), "AmazonSQS.SendMessage");
  const json::object sent = json::parse(client_.last_call().body).as_object();
  EXPECT_EQ(sent.at("QueueUrl"), "https://sqs/1/events");
  EXPECT_EQ(sent.at("MessageBody"), json::value(body));
}

TEST_F(SqsEventSenderTest, WhatQueuesRefuseIsEscaped) {
  will_take("{\"key\":\"\\ufffe\"}");

  ASSERT_TRUE(send("{\"key\":\"\xEF\xBF\xBE\"}"));

  EXPECT_EQ(json::parse(client_.last_call().body).at("MessageBody"), "{\"key\":\"\\ufffe\"}");
}

TEST_F(SqsEventSenderTest, WhatTheQueueDidNotTakeIsAnError) {
  client_.will_answer(Error{Errc::unavailable, "away"});
  EXPECT_EQ(send("{}").error().code, Errc::unavailable);

  will_take("something else");
  EXPECT_FALSE(send("{}")) << "it took something else";
}

}  // namespace
}  // namespace cordon
