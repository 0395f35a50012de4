// From a change in a bucket to the message in a queue, along every way there is.

#include <gtest/gtest.h>

#include "base/text.h"
#include "testing/devcloud/test_cloud.h"

namespace cordon {
namespace {

using boost::json::object;

std::string rule(const std::string& kind, const std::string& arn, const std::string& event,
                 const std::string& prefix = "", const std::string& suffix = "") {
  std::string out = "<" + kind + "Configuration><" + kind + ">" + arn + "</" + kind + "><Event>" +
                    event + "</Event>";
  out += "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>" + prefix +
         "</Value></FilterRule><FilterRule><Name>suffix</Name><Value>" + suffix +
         "</Value></FilterRule></S3Key></Filter>";
  return out + "</" + kind + "Configuration>";
}

std::string configuration(const std::string& rules) {
  return "<NotificationConfiguration>" + rules + "</NotificationConfiguration>";
}

class NotificationsTest : public testing::Test {
 protected:
  NotificationsTest() { cloud_.make_bucket("bkt"); }

  ServerResponse configure(const std::string& rules, const std::string& bucket = "bkt") {
    return cloud_.put("/" + bucket + "?notification=", configuration(rules));
  }
  /// A queue that is told of everything; the test event is taken out.
  std::string watch(const std::string& bucket = "bkt",
                    const std::string& event = "s3:ObjectCreated:*") {
    const std::string url = cloud_.open_queue("q", "s3.amazonaws.com");
    EXPECT_EQ(configure(rule("Queue", TestCloud::queue_arn("q"), event), bucket).status, 200);
    EXPECT_EQ(cloud_.receive(url).size(), 1U);
    return url;
  }
  static object record(const object& message) {
    return message.at("Records").as_array().at(0).as_object();
  }
  static std::string at(const boost::json::value& value, std::string_view pointer) {
    boost::json::error_code failed;
    const boost::json::value* found = value.find_pointer(pointer, failed);
    return found == nullptr || !found->is_string() ? "" : std::string(found->as_string());
  }

  TestCloud cloud_;
};

TEST_F(NotificationsTest, ARecordIsWhatS3Writes) {
  cloud_.make_bucket("versioned", true);
  const std::string url = watch("versioned");

  const ServerResponse put = cloud_.put("/versioned/a%20b/%C3%BC%2B%25", "12345");
  const std::vector<object> messages = cloud_.receive(url);

  ASSERT_EQ(messages.size(), 1U);
  const boost::json::value event = record(messages[0]);
  EXPECT_EQ(at(event, "/eventVersion"), "2.1");
  EXPECT_EQ(at(event, "/eventSource"), "aws:s3");
  EXPECT_EQ(at(event, "/awsRegion"), "us-east-1");
  EXPECT_EQ(at(event, "/eventName"), "ObjectCreated:Put");
  EXPECT_EQ(at(event, "/eventTime"), rfc3339_ms(cloud_.clock.system_now()));
  EXPECT_EQ(at(event, "/userIdentity/principalId"), "AWS:AIDATESTER");
  EXPECT_EQ(at(event, "/requestParameters/sourceIPAddress"), "127.0.0.1");
  EXPECT_EQ(at(event, "/responseElements/x-amz-request-id"), header(put, "x-amz-request-id"));
  EXPECT_EQ(at(event, "/s3/bucket/arn"), "arn:aws:s3:::versioned");
  EXPECT_EQ(at(event, "/s3/object/key"), "a+b/%C3%BC%2B%25");
  EXPECT_EQ("\"" + at(event, "/s3/object/eTag") + "\"", header(put, "etag"));
  EXPECT_EQ(at(event, "/s3/object/versionId"), header(put, "x-amz-version-id"));
  EXPECT_EQ(event.at_pointer("/s3/object/size").to_number<int>(), 5);
}

TEST_F(NotificationsTest, SequencersOfAKeyIncrease) {
  const std::string url = watch();
  for (int i = 0; i < 20; ++i) (void)cloud_.put("/bkt/k", std::to_string(i));

  std::string last;
  for (const object& message : cloud_.receive(url)) {
    const std::string sequencer = at(record(message), "/s3/object/sequencer");
    EXPECT_LT(last, sequencer);
    EXPECT_EQ(sequencer.size(), 18U);
    last = sequencer;
  }
  EXPECT_FALSE(last.empty());
}

TEST_F(NotificationsTest, EveryWayOfCreatingAndRemovingHasItsName) {
  cloud_.make_bucket("versioned", true);
  const std::string url = cloud_.open_queue("q", "s3.amazonaws.com");
  const std::string arn = TestCloud::queue_arn("q");
  ASSERT_EQ(configure(rule("Queue", arn, "s3:ObjectCreated:*") +
                          rule("Queue", arn, "s3:ObjectRemoved:*") +
                          rule("Queue", arn, "s3:ObjectTagging:*"),
                      "versioned")
                .status,
            200);
  (void)cloud_.receive(url);

  const std::string id = header(cloud_.put("/versioned/k", "1"), "x-amz-version-id");
  (void)cloud_.put("/versioned/c", "", {{"x-amz-copy-source", "/versioned/k"}});
  (void)cloud_.put("/versioned/k?tagging=", "<Tagging><TagSet/></Tagging>");
  (void)cloud_.remove("/versioned/k?tagging=");
  (void)cloud_.remove("/versioned/k");
  (void)cloud_.remove("/versioned/k?versionId=" + id);

  std::vector<std::string> names;
  for (const object& message : cloud_.receive(url)) {
    names.push_back(at(record(message), "/eventName"));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"ObjectCreated:Put", "ObjectCreated:Copy",
                                             "ObjectTagging:Put", "ObjectTagging:Delete",
                                             "ObjectRemoved:DeleteMarkerCreated",
                                             "ObjectRemoved:Delete"}));
}

TEST_F(NotificationsTest, OnlyWhatTheFilterNamesIsTold) {
  const std::string url = cloud_.open_queue("q", "s3.amazonaws.com");
  ASSERT_EQ(configure(rule("Queue", TestCloud::queue_arn("q"), "s3:ObjectCreated:*", "in/", ".pdf"))
                .status,
            200);
  (void)cloud_.receive(url);

  (void)cloud_.put("/bkt/in/a.pdf", "1");
  (void)cloud_.put("/bkt/in/a.txt", "1");
  (void)cloud_.put("/bkt/out/a.pdf", "1");

  EXPECT_EQ(cloud_.receive(url).size(), 1U);
}

TEST_F(NotificationsTest, OverlappingRulesAreRefused) {
  (void)cloud_.open_queue("q", "s3.amazonaws.com");
  const std::string arn = TestCloud::queue_arn("q");
  const auto both = [&](const std::string& a, const std::string& b) {
    return configure(a + b).status;
  };

  EXPECT_EQ(
      both(rule("Queue", arn, "s3:ObjectCreated:*"), rule("Queue", arn, "s3:ObjectCreated:Put")),
      400);
  EXPECT_EQ(both(rule("Queue", arn, "s3:ObjectCreated:*", "a"),
                 rule("Queue", arn, "s3:ObjectCreated:*", "ab")),
            400);
  EXPECT_EQ(both(rule("Queue", arn, "s3:ObjectCreated:*", "a"),
                 rule("Queue", arn, "s3:ObjectCreated:*", "b")),
            200);
  EXPECT_EQ(both(rule("Queue", arn, "s3:ObjectCreated:*", "", ".a"),
                 rule("Queue", arn, "s3:ObjectCreated:*", "", ".b")),
            200);
  EXPECT_EQ(
      both(rule("Queue", arn, "s3:ObjectCreated:*"), rule("Queue", arn, "s3:ObjectRemoved:*")),
      200);
}

TEST_F(NotificationsTest, ADestinationThatDoesNotLetS3InIsRefused) {
  (void)cloud_.json_ok("AmazonSQS.CreateQueue", {{"QueueName", "closed"}});
  (void)cloud_.open_queue("wrong", "sns.amazonaws.com");

  for (const char* name : {"closed", "wrong", "missing"}) {
    SCOPED_TRACE(name);
    const ServerResponse response =
        configure(rule("Queue", TestCloud::queue_arn(name), "s3:ObjectCreated:*"));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(element(response.body, "Message"),
              "Unable to validate the following destination configurations");
  }
}

class TopicTest : public NotificationsTest {
 protected:
  const std::string topic_ = "arn:aws:sns:us-east-1:000000000000:t";

  void make_topic(const std::string& service) {
    const std::string policy = R"({"Statement":[{"Effect":"Allow","Principal":{"Service":")" +
                               service + R"("},"Action":"sns:Publish","Resource":")" + topic_ +
                               R"(","Condition":{"StringEquals":{"aws:SourceAccount":)"
                               R"("000000000000"}}}]})";
    ASSERT_EQ(cloud_
                  .query("sns", "CreateTopic",
                         "Name=t&Attributes.entry.1.key=Policy&Attributes.entry.1.value=" +
                             percent_encode(policy, false))
                  .status,
              200);
  }
  std::string subscribe(const std::string& queue, const std::string& attributes = "") {
    const std::string url = cloud_.open_queue(queue, "sns.amazonaws.com");
    EXPECT_EQ(cloud_
                  .query("sns", "Subscribe",
                         "TopicArn=" + topic_ +
                             "&Protocol=sqs&Endpoint=" + TestCloud::queue_arn(queue) + attributes)
                  .status,
              200);
    return url;
  }
  static std::string attribute(int number, const std::string& key, const std::string& value) {
    const std::string at = "&Attributes.entry." + std::to_string(number);
    return at + ".key=" + key + at + ".value=" + percent_encode(value, false);
  }
};

TEST_F(TopicTest, AnEventTravelsThroughTheTopicToTheQueue) {
  make_topic("s3.amazonaws.com");
  const std::string url = subscribe("q");
  ASSERT_EQ(configure(rule("Topic", topic_, "s3:ObjectCreated:*")).status, 200);

  (void)cloud_.put("/bkt/k", "1");
  const std::vector<object> envelopes = cloud_.receive(url);

  ASSERT_EQ(envelopes.size(), 2U);
  const object test = boost::json::parse(at(envelopes[0], "/Message")).as_object();
  EXPECT_EQ(at(test, "/Event"), "s3:TestEvent");
  EXPECT_EQ(at(envelopes[1], "/Type"), "Notification");
  EXPECT_EQ(at(envelopes[1], "/TopicArn"), topic_);
  EXPECT_EQ(at(envelopes[1], "/Subject"), "Amazon S3 Notification");
  const object event = boost::json::parse(at(envelopes[1], "/Message")).as_object();
  EXPECT_EQ(at(record(event), "/s3/object/key"), "k");
}

TEST_F(TopicTest, FilterPoliciesChooseByAttributeOrByBody) {
  make_topic("s3.amazonaws.com");
  const std::string by_attribute =
      subscribe("a", attribute(1, "FilterPolicy", R"({"kind":["x",{"prefix":"y"}]})") +
                         attribute(2, "RawMessageDelivery", "true"));
  const std::string by_body =
      subscribe("c", attribute(1, "FilterPolicy", R"({"n":[{"numeric":[">",1]}]})") +
                         attribute(2, "FilterPolicyScope", "MessageBody") +
                         attribute(3, "RawMessageDelivery", "true"));
  const auto publish = [&](const std::string& body, const std::string& kind) {
    return cloud_.query("sns", "Publish",
                        "TopicArn=" + topic_ + "&Message=" + percent_encode(body, false) +
                            "&MessageAttributes.entry.1.Name=kind&MessageAttributes.entry.1.Value."
                            "DataType=String&MessageAttributes.entry.1.Value.StringValue=" +
                            kind);
  };

  EXPECT_EQ(publish(R"({"n":1})", "x").status, 200);
  EXPECT_EQ(publish(R"({"n":2})", "yes").status, 200);
  EXPECT_EQ(publish(R"({"n":3})", "z").status, 200);

  EXPECT_EQ(cloud_.receive(by_attribute).size(), 2U);
  EXPECT_EQ(cloud_.receive(by_body).size(), 2U);
}

TEST_F(TopicTest, ABatchMayHoldATextForEachProtocol) {
  make_topic("s3.amazonaws.com");
  const std::string url = subscribe("q", attribute(1, "RawMessageDelivery", "true"));
  const std::string entry = "&PublishBatchRequestEntries.member.1.";
  const ServerResponse sent =
      cloud_.query("sns", "PublishBatch",
                   "TopicArn=" + topic_ + entry + "Id=1" + entry + "MessageStructure=json" + entry +
                       "Message=" + percent_encode(R"({"default":"{}","sqs":"{\"n\":1}"})", false));

  ASSERT_EQ(sent.status, 200) << sent.body;
  const std::vector<object> messages = cloud_.receive(url);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].at("n").as_int64(), 1);
}

TEST_F(TopicTest, DeadLettersOfASubscriptionAreNotPromised) {
  make_topic("s3.amazonaws.com");
  (void)cloud_.open_queue("q", "sns.amazonaws.com");
  const ServerResponse refused = cloud_.query(
      "sns", "Subscribe",
      "TopicArn=" + topic_ + "&Protocol=sqs&Endpoint=" + TestCloud::queue_arn("q") +
          attribute(1, "RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:x:1:d"})"));
  EXPECT_EQ(refused.status, 501);
}

TEST_F(TopicTest, EventBridgeForwardsToATopicThatLetsItIn) {
  make_topic("events.amazonaws.com");
  const std::string url = subscribe("q", attribute(1, "RawMessageDelivery", "true"));
  (void)cloud_.json_ok(
      "AWSEvents.PutRule",
      {{"Name", "r"},
       {"EventPattern", R"({"source":["aws.s3"],"detail":{"bucket":{"name":["bkt"]}}})"}});
  boost::json::array targets;
  targets.push_back(object{{"Id", "t"}, {"Arn", topic_}});
  (void)cloud_.json_ok("AWSEvents.PutTargets", {{"Rule", "r"}, {"Targets", targets}});
  ASSERT_EQ(configure("<EventBridgeConfiguration/>").status, 200);

  (void)cloud_.put("/bkt/a%20b", "12");
  const std::vector<object> events = cloud_.receive(url);

  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(at(events[0], "/detail-type"), "Object Created");
  EXPECT_EQ(at(events[0], "/detail/object/key"), "a b");
  EXPECT_EQ(at(events[0], "/detail/reason"), "PutObject");
}

}  // namespace
}  // namespace cordon
