#include <gtest/gtest.h>

#include <thread>

#include "base/text.h"
#include "testing/devcloud/test_cloud.h"

namespace cordon {
namespace {

using boost::json::object;
using namespace std::chrono_literals;

class SqsTest : public testing::Test {
 protected:
  std::string make(const std::string& name, const object& attributes = {}) {
    return text(
        cloud_.json_ok("AmazonSQS.CreateQueue", {{"QueueName", name}, {"Attributes", attributes}}),
        "QueueUrl");
  }
  object send(const std::string& url, const std::string& body) {
    return cloud_.json_ok("AmazonSQS.SendMessage", {{"QueueUrl", url}, {"MessageBody", body}});
  }
  /// The first message, or an empty object.
  object receive(const std::string& url) {
    const object got = cloud_.json_ok(
        "AmazonSQS.ReceiveMessage", {{"QueueUrl", url}, {"MessageSystemAttributeNames", {"All"}}});
    const boost::json::value* messages = got.if_contains("Messages");
    return messages == nullptr ? object() : messages->as_array().front().as_object();
  }
  std::string error_of(const std::string& action, const object& in) {
    const ServerResponse response = cloud_.json_call("AmazonSQS." + action, in);
    return header(response, "x-amzn-query-error");
  }
  static std::string text(const object& in, const char* name) {
    const boost::json::value* value = in.if_contains(name);
    return value == nullptr ? "" : std::string(value->as_string());
  }

  TestCloud cloud_;
};

TEST_F(SqsTest, AMessageIsHiddenWhileItIsHeld) {
  const std::string url = make("q", {{"VisibilityTimeout", "30"}});
  send(url, "x");
  const object first = receive(url);

  EXPECT_TRUE(receive(url).empty());
  cloud_.clock.advance(31s);
  const object again = receive(url);

  EXPECT_EQ(text(again, "MessageId"), text(first, "MessageId"));
  EXPECT_EQ(again.at("Attributes").at("ApproximateReceiveCount").as_string(), "2");
}

TEST_F(SqsTest, AnOldReceiptNoLongerDeletes) {
  const std::string url = make("q");
  send(url, "x");
  const std::string old = text(receive(url), "ReceiptHandle");
  cloud_.clock.advance(31s);
  const std::string latest = text(receive(url), "ReceiptHandle");

  EXPECT_EQ(error_of("DeleteMessage", {{"QueueUrl", url}, {"ReceiptHandle", old}}), "");
  cloud_.clock.advance(31s);
  EXPECT_FALSE(receive(url).empty());
  EXPECT_NE(latest, old);
}

TEST_F(SqsTest, AReceiptOfAnotherQueueIsInvalid) {
  const std::string url = make("q");
  const std::string other = make("other");
  send(url, "x");
  const std::string receipt = text(receive(url), "ReceiptHandle");

  EXPECT_EQ(error_of("DeleteMessage", {{"QueueUrl", other}, {"ReceiptHandle", receipt}}),
            "ReceiptHandleIsInvalid;Sender");
}

TEST_F(SqsTest, VisibilityCanBeLengthenedAndGivenUp) {
  const std::string url = make("q", {{"VisibilityTimeout", "30"}});
  send(url, "x");
  const std::string receipt = text(receive(url), "ReceiptHandle");
  const auto change = [&](int seconds) {
    return error_of(
        "ChangeMessageVisibility",
        {{"QueueUrl", url}, {"ReceiptHandle", receipt}, {"VisibilityTimeout", seconds}});
  };

  EXPECT_EQ(change(100), "");
  cloud_.clock.advance(60s);
  EXPECT_TRUE(receive(url).empty());
  EXPECT_EQ(change(0), "");
  EXPECT_FALSE(receive(url).empty());
  EXPECT_EQ(change(5), "InvalidParameterValue;Sender");
}

TEST_F(SqsTest, AMessageThatIsReceivedTooOftenGoesToTheDeadLetters) {
  const std::string dead = make("dead");
  const std::string url =
      make("q", {{"VisibilityTimeout", "0"},
                 {"RedrivePolicy", R"({"deadLetterTargetArn":")" + TestCloud::queue_arn("dead") +
                                       R"(","maxReceiveCount":"2"})"}});
  const std::string id = text(send(url, "poison"), "MessageId");

  EXPECT_FALSE(receive(url).empty());
  EXPECT_FALSE(receive(url).empty());
  EXPECT_TRUE(receive(url).empty());

  const object letter = receive(dead);
  EXPECT_EQ(text(letter, "MessageId"), id);
  EXPECT_EQ(letter.at("Attributes").at("DeadLetterQueueSourceArn").as_string(),
            TestCloud::queue_arn("q"));
}

TEST_F(SqsTest, ForgetsWhatIsTooOldWhereverItStands) {
  const std::string url =
      make("q", {{"VisibilityTimeout", "10"}, {"MessageRetentionPeriod", "60"}});
  send(url, "old");
  cloud_.clock.advance(50s);
  send(url, "young");
  EXPECT_EQ(text(receive(url), "Body"), "old");
  cloud_.clock.advance(15s);  // It is back, behind the younger one, and past its time.

  EXPECT_EQ(text(receive(url), "Body"), "young");
  EXPECT_TRUE(receive(url).empty());
}

TEST_F(SqsTest, AMessageSaysWhoseItIsAmongThoseWhoShareTheQueue) {
  const std::string url = make("q");
  (void)cloud_.json_ok("AmazonSQS.SendMessage",
                       {{"QueueUrl", url}, {"MessageBody", "x"}, {"MessageGroupId", "uploads"}});
  EXPECT_EQ(receive(url).at("Attributes").at("MessageGroupId").as_string(), "uploads");
  EXPECT_EQ(error_of("SendMessage", {{"QueueUrl", url},
                                     {"MessageBody", "x"},
                                     {"MessageGroupId", std::string(129, 'g')}}),
            "InvalidParameterValue;Sender");
}

TEST_F(SqsTest, ErrorsHaveTheNamesOfBothProtocols) {
  const std::string missing = "http://localhost/000000000000/none";

  EXPECT_EQ(error_of("SendMessage", {{"QueueUrl", missing}, {"MessageBody", "x"}}),
            "AWS.SimpleQueueService.NonExistentQueue;Sender");
  const ServerResponse old = cloud_.query("sqs", "GetQueueUrl", "QueueName=none");
  EXPECT_EQ(old.status, 400);
  EXPECT_EQ(element(old.body, "Code"), "AWS.SimpleQueueService.NonExistentQueue");
}

TEST_F(SqsTest, BothProtocolsSeeTheSameMessage) {
  const std::string url = make("q");
  const ServerResponse sent = cloud_.query(
      "sqs", "SendMessage",
      "QueueUrl=" + percent_encode(url, false) +
          "&MessageBody=a%26%3Cb&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String"
          "&MessageAttribute.1.Value.StringValue=v");
  ASSERT_EQ(sent.status, 200) << sent.body;

  const ServerResponse got =
      cloud_.query("sqs", "ReceiveMessage",
                   "QueueUrl=" + percent_encode(url, false) + "&MessageAttributeName.1=All");

  EXPECT_EQ(element(got.body, "Body"), "a&amp;&lt;b");
  EXPECT_EQ(element(got.body, "StringValue"), "v");
  EXPECT_EQ(element(got.body, "MD5OfMessageAttributes"),
            element(sent.body, "MD5OfMessageAttributes"));
}

TEST_F(SqsTest, ALongPollIsWokenByAMessage) {
  const std::string url = make("q");
  ServerResponse response;
  std::jthread poll([&] {
    response =
        cloud_.json_call("AmazonSQS.ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}});
  });

  send(url, "late");
  poll.join();

  EXPECT_NE(response.body.find("late"), std::string::npos) << response.body;
}

TEST_F(SqsTest, AFifoQueueIsRefused) {
  const object attributes{{"FifoQueue", "true"}};

  EXPECT_EQ(error_of("CreateQueue", {{"QueueName", "q.fifo"}}), "InvalidParameterValue;Sender");
  EXPECT_EQ(error_of("CreateQueue", {{"QueueName", "q"}, {"Attributes", attributes}}),
            "InvalidAttributeName;Sender");
}

TEST_F(SqsTest, WhatIsNoAllowedTextIsRefusedInBodiesAndAttributes) {
  const std::string url = make("q");
  const auto with_attribute = [&](const std::string& value) {
    return object{{"QueueUrl", url},
                  {"MessageBody", "x"},
                  {"MessageAttributes",
                   object{{"n", object{{"DataType", "String"}, {"StringValue", value}}}}}};
  };
  for (const char* refused : {"a\uFFFE", "\uFFFFz", "\x01", "\x0b", "\x1f"}) {
    SCOPED_TRACE(hex(as_bytes_of(refused)));
    EXPECT_EQ(error_of("SendMessage", {{"QueueUrl", url}, {"MessageBody", refused}}),
              "InvalidMessageContents;Sender");
    EXPECT_EQ(error_of("SendMessage", with_attribute(refused)), "InvalidParameterValue;Sender");
  }
  for (const char* taken : {"\t\n\r ~", "\x7f", "\u009f", "\uFFFD", "\uE000", "\U0001FFFE"}) {
    SCOPED_TRACE(hex(as_bytes_of(taken)));
    EXPECT_EQ(error_of("SendMessage", {{"QueueUrl", url}, {"MessageBody", taken}}), "");
    EXPECT_EQ(error_of("SendMessage", with_attribute(taken)), "");
  }
}

TEST_F(SqsTest, ARefusedEntryOfABatchFailsAlone) {
  const std::string url = make("q");

  const object sent = cloud_.json_ok("AmazonSQS.SendMessageBatch",
                                     {{"QueueUrl", url},
                                      {"Entries",
                                       {object{{"Id", "0"}, {"MessageBody", "bad\uFFFE"}},
                                        object{{"Id", "1"}, {"MessageBody", "good"}}}}});

  ASSERT_EQ(sent.at("Failed").as_array().size(), 1U);
  const object& failed = sent.at("Failed").at(0).as_object();
  EXPECT_EQ(text(failed, "Id"), "0");
  EXPECT_EQ(text(failed, "Code"), "InvalidMessageContents");
  EXPECT_TRUE(failed.at("SenderFault").as_bool());
  EXPECT_EQ(text(receive(url), "Body"), "good");
}

TEST_F(SqsTest, ATopicTakesTheSameText) {
  const ServerResponse made = cloud_.query("sns", "CreateTopic", "Name=t");
  const std::string publish = "TopicArn=" + percent_encode(element(made.body, "TopicArn"), false);
  EXPECT_EQ(cloud_.query("sns", "Publish", publish + "&Message=%C3%BC").status, 200);

  const std::string refused = cloud_.query("sns", "Publish", publish + "&Message=%EF%BF%BE").body;
  EXPECT_EQ(element(refused, "Code"), "InvalidParameter");
  const std::string attribute =
      "&Message=x&MessageAttributes.entry.1.Name=n&MessageAttributes.entry.1.Value.DataType=String"
      "&MessageAttributes.entry.1.Value.StringValue=%EF%BF%BF";
  EXPECT_EQ(cloud_.query("sns", "Publish", publish + attribute).status, 400);
}

}  // namespace
}  // namespace cordon
