#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "aws/event_bus_sink.h"
#include "aws/sns_sink.h"
#include "aws/sqs_sink.h"
#include "base/text.h"
#include "core/result_document.h"
#include "testing/fake_service_client.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kPublished =
    "<PublishBatchResponse><PublishBatchResult><Successful><member><Id>0</Id><MessageId>m</"
    "MessageId>"
    "</member></Successful><Failed/></PublishBatchResult></PublishBatchResponse>";
constexpr const char* kSent = R"({"Successful":[{"Id":"0","MessageId":"m"}],"Failed":[]})";
const std::string kTopic = "arn:aws:sns:eu-central-1:111122223333:t";
const std::string kMember = "PublishBatchRequestEntries.member.1.";

ScanResult infected() {
  ScanResult made;
  made.id = "01J";
  made.bucket = BucketName("uploads");
  made.key = ObjectKey("a b/\xC3\xBC+&=.pdf");
  made.account = AccountId("111122223333");
  made.verdict = infected_verdict({"Win.Test"}, 5);
  return made;
}

std::string field(const std::string& form, const std::string& name) {
  const std::size_t at = form.find("&" + name + "=");
  if (at == std::string::npos) return "(none)";
  const std::size_t from = at + name.size() + 2;
  return *percent_decode(form.substr(from, form.find('&', from) - from));
}

TEST(SnsSinkTest, PublishesTheResultWithAttributesToFilterBy) {
  FakeServiceClient client;
  client.will_answer(200, {}, kPublished);
  SnsSink sink(client, kTopic);

  const Result<void> published = publish_one(sink, infected(), Deadline::never(), {});

  ASSERT_TRUE(published) << published.error().what;
  const AwsCall call = client.last_call();
  EXPECT_EQ(call.region, Region("eu-central-1"));
  const std::string entry = kMember + "MessageAttributes.entry.";
  const std::pair<const char*, const char*> kAttributes[] = {{"notificationType", "scanResult"},
                                                             {"scanResult", "Infected"},
                                                             {"bucket", "uploads"},
                                                             {"account", "111122223333"}};
  for (std::size_t i = 0; i < std::size(kAttributes); ++i) {
    const std::string number = std::to_string(i + 1);
    EXPECT_EQ(field(call.body, entry + number + ".Name"), kAttributes[i].first);
    EXPECT_EQ(field(call.body, entry + number + ".Value.DataType"), "String");
    EXPECT_EQ(field(call.body, entry + number + ".Value.StringValue"), kAttributes[i].second);
  }
  const json::value body = json::parse(field(call.body, kMember + "Message"));
  EXPECT_EQ(body.at("id"), "01J");
  EXPECT_EQ(body.at("key"), "a b/\xC3\xBC+&=.pdf");
  EXPECT_EQ(body.at("bucketName"), "uploads");
  EXPECT_EQ(body.at("scanResult"), "Infected");
  EXPECT_TRUE(body.at("dateScanned").is_string());
}

TEST(SnsSinkTest, LeavesOutWhatIsUnknown) {
  FakeServiceClient client;
  client.will_answer(200, {}, kPublished);
  SnsSink sink(client, kTopic);
  ScanResult of_a_file = infected();
  of_a_file.bucket.reset();
  of_a_file.account.reset();

  ASSERT_TRUE(publish_one(sink, of_a_file, Deadline::never(), {}));

  EXPECT_EQ(field(client.last_call().body, kMember + "MessageAttributes.entry.3.Name"), "(none)");
  EXPECT_TRUE(
      json::parse(field(client.last_call().body, kMember + "Message")).at("bucketName").is_null());
}

TEST(SnsSinkTest, NeverTakesAStrangeReplyForSuccess) {
  FakeServiceClient client;
  SnsSink sink(client, kTopic);
  for (const std::string body :
       {"", "{}", "<PublishBatchResponse/>", "<html></html>",
        "<PublishBatchResponse><PublishBatchResult><Successful><member><Id>1</Id>"
        "<MessageId>m</MessageId></member></Successful></PublishBatchResult>"
        "</PublishBatchResponse>"}) {
    client.will_answer(200, {}, body);
    EXPECT_EQ(publish_one(sink, infected(), Deadline::never(), {}).error().code, Errc::unavailable);
  }
  client.will_answer(remote_error(Errc::denied, "AuthorizationError"));
  EXPECT_EQ(publish_one(sink, infected(), Deadline::never(), {}).error().code, Errc::denied);
}

TEST(SqsSinkTest, SendsTheLineItself) {
  FakeServiceClient client;
  client.will_answer(200, {}, kSent);
  SqsSink sink(client, {.queue_url = "https://sqs/1/results", .region = Region("eu-central-1")});

  const Result<void> published = publish_one(sink, infected(), Deadline::never(), {});

  ASSERT_TRUE(published) << published.error().what;
  const json::value sent = json::parse(client.last_call().body);
  EXPECT_EQ(sent.at("QueueUrl"), "https://sqs/1/results");
  ASSERT_EQ(sent.at("Entries").as_array().size(), 1U);
  const json::value& entry = sent.at("Entries").at(0);
  EXPECT_EQ(entry.at("Id"), "0");
  EXPECT_EQ(std::string(entry.at("MessageBody").as_string()), ascii_json(to_json(infected())));
  EXPECT_EQ(client.last_call().region, Region("eu-central-1"));
}

TEST(SqsSinkTest, NeverTakesAStrangeReplyForSuccess) {
  const std::pair<const char*, Errc> kReplies[] = {
      {"", Errc::unavailable},
      {"{}", Errc::unavailable},
      {R"({"Successful":["0"]})", Errc::unavailable},
      {R"({"Successful":[{"Id":"1","MessageId":"m"}]})", Errc::unavailable},
      {R"({"Successful":[{"Id":"0"}]})", Errc::unavailable},
      {R"({"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"00"}]})", Errc::unavailable},
      {R"({"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]})", Errc::unavailable},
      {R"({"Failed":[{"Id":"0","Code":"RequestThrottled","SenderFault":true}]})", Errc::throttled},
      {R"({"Failed":[{"Id":"0","Code":"KmsDisabled","SenderFault":true}]})", Errc::denied},
      {R"({"Failed":[{"Id":"0","Code":"InvalidMessageContents","SenderFault":true}]})",
       Errc::invalid}};
  FakeServiceClient client;
  SqsSink sink(client, {.queue_url = "https://sqs/1/results"});
  for (const auto& [reply, code] : kReplies) {
    client.will_answer(200, {}, reply);
    const Result<void> published = publish_one(sink, infected(), Deadline::never(), {});
    ASSERT_FALSE(published) << reply;
    EXPECT_EQ(published.error().code, code) << reply;
  }
}

TEST(SinkCalls, AreNoLargerThanTheServiceTakes) {
  FakeServiceClient client;
  std::vector<std::size_t> sizes;
  client.answer_by([&](const AwsCall& call, Deadline, std::stop_token) -> Result<HttpResponse> {
    const json::array entries = json::parse(call.body).at("Entries").as_array();
    std::size_t bytes = 0;
    json::array taken;
    for (const json::value& entry : entries) {
      bytes += entry.at("MessageBody").as_string().size();
      taken.push_back(json::object{{"Id", entry.at("Id")}, {"MessageId", "m"}});
    }
    EXPECT_LE(bytes, 256U << 10U);
    sizes.push_back(entries.size());
    return HttpResponse{200, {}, json::serialize(json::object{{"Successful", taken}})};
  });
  SqsSink sink(client, {.queue_url = "https://sqs/1/results"});
  std::vector<ScanResult> batch(12, infected());
  for (ScanResult& result : batch) result.verdict.message = std::string(60'000, 'm');

  const ResultOutcomes outcomes = sink.publish(batch, Deadline::never(), {});

  for (const Result<void>& outcome : outcomes) EXPECT_TRUE(outcome);
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 4, 4}));
}

// A batch whose calls all fail is not tried entry by entry.
TEST(SinkCalls, EndWithTheFirstThatFailsAsAWhole) {
  for (const Errc code : {Errc::unavailable, Errc::denied, Errc::throttled, Errc::not_found}) {
    FakeServiceClient client;
    client.will_answer(Error{code, "no"});
    SqsSink sink(client, {.queue_url = "https://sqs/1/results"});

    const ResultOutcomes outcomes =
        sink.publish(std::vector<ScanResult>(25, infected()), Deadline::never(), {});

    EXPECT_EQ(client.calls().size(), 1U);
    for (const Result<void>& outcome : outcomes) EXPECT_EQ(outcome.error().code, code);
  }
}

TEST(EventBusSinkTest, PutsOneEventWhoseDetailIsTheResult) {
  FakeServiceClient client;
  client.will_answer(200, {}, R"({"FailedEntryCount":0,"Entries":[{"EventId":"e"}]})");
  EventBusSink sink(client);

  const Result<void> published = publish_one(sink, infected(), Deadline::never(), {});

  ASSERT_TRUE(published) << published.error().what;
  EXPECT_EQ(client.last_call().operation, "PutEvents");
  const json::value sent = json::parse(client.last_call().body);
  ASSERT_EQ(sent.at("Entries").as_array().size(), 1U);
  const json::value& entry = sent.at("Entries").at(0);
  EXPECT_EQ(entry.at("Source"), "cordon.scan");
  EXPECT_EQ(entry.at("DetailType"), "Cordon Scan Result");
  EXPECT_EQ(std::string(entry.at("Detail").as_string()), ascii_json(to_json(infected())));
}

TEST(EventBusSinkTest, AnEventThatWasNotTakenIsNoSuccess) {
  const std::pair<const char*, Errc> kReplies[] = {
      {"", Errc::unavailable},
      {"{}", Errc::unavailable},
      {R"({"Entries":[]})", Errc::unavailable},
      {R"({"Entries":[{}]})", Errc::unavailable},
      {R"({"Entries":["EventId"]})", Errc::unavailable},
      {R"({"Entries":[{"EventId":"a"},{"EventId":"b"}]})", Errc::unavailable},
      {R"({"Entries":[{"ErrorCode":"InternalFailure","ErrorMessage":"m"}]})", Errc::unavailable},
      {R"({"Entries":[{"ErrorCode":"ThrottlingException"}]})", Errc::throttled},
      {R"({"Entries":[{"ErrorCode":"MalformedDetail"}]})", Errc::invalid},
      {R"({"Entries":[{"ErrorCode":"NotAuthorizedForSourceException"}]})", Errc::denied}};
  FakeServiceClient client;
  EventBusSink sink(client);
  for (const auto& [reply, code] : kReplies) {
    client.will_answer(200, {}, reply);
    const Result<void> published = publish_one(sink, infected(), Deadline::never(), {});
    ASSERT_FALSE(published) << reply;
    EXPECT_EQ(published.error().code, code) << reply;
  }
  client.will_answer(remote_error(Errc::denied, "AccessDeniedException"));
  EXPECT_EQ(publish_one(sink, infected(), Deadline::never(), {}).error().code, Errc::denied);
}

TEST(ResultDocumentTest, WhatIsSentIsAsciiWhateverTheKeyIs) {
  ScanResult hostile = infected();
  hostile.key = ObjectKey("a\uFFFE\uFFFF\u2028\U0001F600");
  hostile.uploaded_by = "x\xFF";
  FakeServiceClient client;
  client.will_answer(200, {}, kPublished);
  SnsSink topic(client, kTopic);
  client.will_answer(200, {}, kSent);
  SqsSink queue(client, {.queue_url = "https://sqs/1/results"});

  ASSERT_TRUE(publish_one(topic, hostile, Deadline::never(), {}));
  const std::string published = field(client.last_call().body, kMember + "Message");
  ASSERT_TRUE(publish_one(queue, hostile, Deadline::never(), {}));
  const std::string sent(
      json::parse(client.last_call().body).at("Entries").at(0).at("MessageBody").as_string());

  for (const std::string& document : {published, sent}) {
    for (const char c : document) ASSERT_TRUE(c >= ' ' && c < '\x7f') << document;
    EXPECT_EQ(json::parse(document).at("key").as_string(), hostile.key->str());
  }
}

TEST(ResultDocumentTest, IsShortenedRatherThanLost) {
  ScanResult huge = infected();
  huge.verdict.virus_names.assign(50'000, "Win.Test.Name");
  huge.verdict.virus_names[0] = std::string(100'000, 'v');
  huge.actions.assign(1000, ActionRecord{.kind = ActionKind::move,
                                         .status = ActionStatus::failed,
                                         .detail = std::string(5000, 'd')});

  const Result<std::string> line = result_line(huge, 100'000, LineText::ascii);
  const Result<std::string> body = notification_body(huge, 100'000);

  ASSERT_TRUE(line && body);
  EXPECT_LE(line->size(), 100'000U);
  EXPECT_LE(body->size(), 100'000U);
  EXPECT_EQ(json::parse(*line).at("virusNames").as_array().size(), 20U);
  EXPECT_EQ(json::parse(*body).at("scanResult"), "Infected");
  EXPECT_EQ(result_line(huge, 100, LineText::utf8).error().code, Errc::invalid);
  EXPECT_EQ(notification_body(huge, 10).error().code, Errc::invalid);
}

}  // namespace
}  // namespace cordon
