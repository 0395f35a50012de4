#include "aws/sqs_queue.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_service_client.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

namespace json = boost::json;

json::object message(const std::string& body) {
  return {{"MessageId", "m1"},
          {"ReceiptHandle", "r1"},
          {"Body", body},
          {"MD5OfBody", hex(md5(as_bytes_of(body)))},
          {"Attributes", {{"ApproximateReceiveCount", "3"}, {"SentTimestamp", "1795362633120"}}}};
}

std::string received(const json::array& messages) {
  return json::serialize(json::object{{"Messages", messages}});
}

class SqsQueueTest : public testing::Test {
 protected:
  Result<std::vector<Claim>> receive(int count = 10) {
    return queue_.receive(count, std::chrono::seconds(20), Deadline::never(), {});
  }
  json::object last_body() const { return json::parse(client_.last_call().body).as_object(); }

  FakeServiceClient client_;
  SimulatedClock clock_;
  std::vector<std::string> lines_;
  Log log_{LogLevel::debug, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
  SqsQueue queue_{client_,
                  {.url = "https://sqs/1/events", .dead_letter_url = "https://sqs/1/dead"},
                  clock_,
                  log_};
  Claim claim_{"m1", ReceiptHandle("r1"), "body", 1, {}};
};

TEST_F(SqsQueueTest, ReceivesWhatWasSent) {
  client_.will_answer(200, {}, received({message("{\"a\": 1}\n\xC3\xBC")}));

  const auto claims = receive();

  ASSERT_TRUE(claims) << claims.error().what;
  ASSERT_EQ(claims->size(), 1U);
  const Claim& claim = claims->front();
  EXPECT_EQ(claim.message_id, "m1");
  EXPECT_EQ(claim.receipt, ReceiptHandle("r1"));
  EXPECT_EQ(claim.body, "{\"a\": 1}\n\xC3\xBC");
  EXPECT_EQ(claim.receive_count, 3);
  EXPECT_EQ(rfc3339_ms(claim.sent_at), "2026-11-22T15:50:33.120Z");
  const AwsCall call = client_.last_call();
  EXPECT_EQ(call.headers.get("X-Amz-Target"), "AmazonSQS.ReceiveMessage");
  EXPECT_EQ(call.headers.get("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(last_body().at("QueueUrl"), "https://sqs/1/events");
  EXPECT_EQ(last_body().at("WaitTimeSeconds"), 20);
  EXPECT_EQ(last_body().at("AttributeNames"), last_body().at("MessageSystemAttributeNames"));
}

TEST_F(SqsQueueTest, AsksForOneToTen) {
  for (const auto& [asked, sent] : {std::pair{-1, 1}, {0, 1}, {3, 3}, {99, 10}}) {
    client_.will_answer(200, {}, "{}");
    const auto claims = receive(asked);
    EXPECT_TRUE(claims && claims->empty());
    EXPECT_EQ(last_body().at("MaxNumberOfMessages"), sent);
  }
}

TEST_F(SqsQueueTest, SaysHowLongAClaimLastsWhereThatIsGiven) {
  SqsQueue fixed(client_,
                 {.url = "https://sqs/1/events",
                  .dead_letter_url = "https://sqs/1/dead",
                  .visibility = std::chrono::seconds(90)},
                 clock_, log_);
  client_.will_answer(200, {}, "{}");
  client_.will_answer(200, {}, "{}");

  ASSERT_TRUE(fixed.receive(1, std::chrono::seconds(0), Deadline::never(), {}));
  EXPECT_EQ(last_body().at("VisibilityTimeout"), 90);
  ASSERT_TRUE(receive());
  EXPECT_FALSE(last_body().contains("VisibilityTimeout"));
}

TEST_F(SqsQueueTest, WaitsLittleLongerThanTheQueue) {
  Deadline seen = Deadline::never();
  client_.answer_by([&](const AwsCall&, Deadline deadline, std::stop_token) {
    seen = deadline;
    return HttpResponse{200, {}, "{}"};
  });

  ASSERT_TRUE(receive());

  EXPECT_EQ(seen.left(clock_), std::chrono::seconds(30));
}

TEST_F(SqsQueueTest, OneBrokenMessageDoesNotHideTheOthers) {
  json::object damaged = message("x");
  damaged["Body"] = "y";
  json::object nameless = message("x");
  nameless.erase("ReceiptHandle");
  client_.will_answer(200, {}, received({damaged, message("good"), nameless, 7}));

  const auto claims = receive();

  ASSERT_TRUE(claims) << claims.error().what;
  ASSERT_EQ(claims->size(), 1U);
  EXPECT_EQ(claims->front().body, "good");
  EXPECT_EQ(lines_.size(), 3U);
}

TEST_F(SqsQueueTest, OnlyBrokenMessagesAreAnError) {
  json::object damaged = message("x");
  damaged["MD5OfBody"] = "00";
  client_.will_answer(200, {}, received({damaged}));

  EXPECT_EQ(receive().error().code, Errc::unavailable);
}

TEST_F(SqsQueueTest, RefusesRepliesThatAreNone) {
  json::array eleven(11, message("x"));
  const std::pair<const char*, std::string> kHostile[] = {
      {"nothing", ""},
      {"no JSON", "<Error/>"},
      {"cut", received({message("x")}).substr(0, 40)},
      {"no object", "[]"},
      {"no list", "{\"Messages\": {}}"},
      {"more than asked for", received(eleven)},
      {"deep", std::string(100'000, '[')},
      {"huge", "{\"x\": \"" + std::string(65U << 20U, 'x') + "\"}"},
      {"a body above the ceiling", received({message(std::string((1U << 20U) + 1, 'x'))})},
  };
  for (const auto& [what, body] : kHostile) {
    SCOPED_TRACE(what);
    client_.will_answer(200, {}, body);

    const auto claims = receive();

    ASSERT_FALSE(claims);
    EXPECT_EQ(claims.error().code, Errc::unavailable);
  }
}

TEST_F(SqsQueueTest, DoesWithoutAttributes) {
  json::object bare = message("x");
  bare["Attributes"] = {{"ApproximateReceiveCount", -4}, {"SentTimestamp", "17953692633121"}};
  client_.will_answer(200, {}, received({bare}));

  const auto claims = receive();

  ASSERT_TRUE(claims) << claims.error().what;
  EXPECT_EQ(claims->front().receive_count, 1);
  EXPECT_EQ(claims->front().sent_at, clock_.system_now());
}

TEST_F(SqsQueueTest, ExtendsWithinWhatTheQueueAllows) {
  client_.will_answer(200, {}, "");

  ASSERT_TRUE(queue_.extend(claim_, std::chrono::hours(20), Deadline::never(), {}));

  EXPECT_EQ(last_body().at("VisibilityTimeout"), 43'200);
  EXPECT_EQ(last_body().at("ReceiptHandle"), "r1");
}

TEST_F(SqsQueueTest, TellsThatAClaimIsLost) {
  const Error kLost[] = {
      remote_error(Errc::invalid, "ReceiptHandleIsInvalid"),
      remote_error(Errc::invalid, "AWS.SimpleQueueService.MessageNotInflight"),
      remote_error(
          Errc::invalid, "InvalidParameterValue",
          "Value r1 for parameter ReceiptHandle is invalid. Reason: Message does not exist "
          "or is not available for visibility timeout change."),
  };
  for (const Error& error : kLost) {
    SCOPED_TRACE(error.what);
    client_.will_answer(error);
    EXPECT_EQ(queue_.extend(claim_, std::chrono::seconds(1), Deadline::never(), {}).error().code,
              Errc::changed);
    client_.will_answer(error);
    EXPECT_TRUE(queue_.acknowledge(claim_, Deadline::never(), {}));
  }
}

TEST_F(SqsQueueTest, ExtendsManyInOneRequestAndTellsOfEach) {
  client_.will_answer(200, {}, R"({"Successful": [{"Id": "0"}],
      "Failed": [{"Id": "1", "SenderFault": true, "Code": "ReceiptHandleIsInvalid"},
                 {"Id": "2", "SenderFault": false, "Code": "InternalError"}]})");
  std::vector<Claim> claims(4, claim_);
  claims[1].receipt = ReceiptHandle("r2");

  const std::vector<Result<void>> extended =
      queue_.extend_all(claims, std::chrono::hours(20), Deadline::never(), {});

  ASSERT_EQ(extended.size(), 4U);
  EXPECT_TRUE(extended[0]);
  EXPECT_EQ(extended[1].error().code, Errc::changed);
  EXPECT_EQ(extended[2].error().code, Errc::unavailable);
  EXPECT_EQ(extended[3].error().code, Errc::unavailable) << "nothing was said of it";
  EXPECT_EQ(client_.last_call().headers.get("X-Amz-Target"),
            "AmazonSQS.ChangeMessageVisibilityBatch");
  const json::value second = last_body().at("Entries").at(1);
  EXPECT_EQ(second,
            (json::object{{"Id", "1"}, {"ReceiptHandle", "r2"}, {"VisibilityTimeout", 43'200}}));
}

TEST_F(SqsQueueTest, WhatKeepsARequestFromBeingMadeIsTheOutcomeOfAll) {
  const std::vector<Claim> claims(2, claim_);
  client_.will_answer(remote_error(Errc::invalid, "QueueDoesNotExist"));
  for (const Result<void>& one :
       queue_.extend_all(claims, std::chrono::seconds(1), Deadline::never(), {})) {
    EXPECT_EQ(one.error().code, Errc::not_found);
  }
  client_.will_answer(200, {}, "<html>");
  for (const Result<void>& one :
       queue_.extend_all(claims, std::chrono::seconds(1), Deadline::never(), {})) {
    EXPECT_EQ(one.error().code, Errc::unavailable);
  }
  EXPECT_TRUE(queue_.extend_all({}, std::chrono::seconds(1), Deadline::never(), {}).empty());
}

TEST_F(SqsQueueTest, NamesFailuresInTheQueuesTerms) {
  const std::tuple<const char*, Errc, Errc> kCases[] = {
      {"QueueDoesNotExist", Errc::invalid, Errc::not_found},
      {"AWS.SimpleQueueService.NonExistentQueue", Errc::invalid, Errc::not_found},
      {"OverLimit", Errc::denied, Errc::throttled},
      {"KmsThrottled", Errc::invalid, Errc::throttled},
      {"KmsAccessDenied", Errc::invalid, Errc::denied},
      {"InvalidParameterValue", Errc::invalid, Errc::invalid},
      {"InternalError", Errc::unavailable, Errc::unavailable},
  };
  for (const auto& [remote, before, after] : kCases) {
    SCOPED_TRACE(remote);
    client_.will_answer(remote_error(before, remote));
    EXPECT_EQ(receive().error().code, after);
    client_.will_answer(remote_error(before, remote));
    EXPECT_EQ(queue_.acknowledge(claim_, Deadline::never(), {}).error().code, after);
  }
}

TEST_F(SqsQueueTest, ADeadLetterAtTheCeilingKeepsWhereItCameFromWhileThatFits) {
  constexpr std::size_t kCeiling = std::size_t{1} << 20U;
  for (const auto& [room, kept] : {std::pair<std::size_t, bool>{40, true}, {10, false}}) {
    claim_.body = std::string(kCeiling - room, 'x');
    client_.will_answer(200, {},
                        "{\"MessageId\": \"m2\", \"MD5OfMessageBody\": \"" +
                            hex(md5(as_bytes_of(claim_.body))) + "\"}");
    client_.will_answer(200, {}, "");

    ASSERT_TRUE(queue_.dead_letter(claim_, "too long", Deadline::never(), {}));

    const std::vector<AwsCall> calls = client_.calls();
    const json::object sent = json::parse(calls[calls.size() - 2].body).as_object();
    const json::value* attributes = sent.if_contains("MessageAttributes");
    EXPECT_EQ(attributes != nullptr && attributes->get_object().contains("cordon-queue"), kept);
    EXPECT_FALSE(attributes != nullptr && attributes->get_object().contains("cordon-reason"));
  }
}

TEST_F(SqsQueueTest, DeadLettersKeepBodyAndReason) {
  client_.will_answer(
      200, {},
      "{\"MessageId\": \"m2\", \"MD5OfMessageBody\": \"" + hex(md5(as_bytes_of("body"))) + "\"}");
  client_.will_answer(200, {}, "");

  const Result<void> moved = queue_.dead_letter(
      claim_, std::string("no\x01JSON ") + std::string(5000, 'x'), Deadline::never(), {});

  ASSERT_TRUE(moved) << moved.error().what;
  EXPECT_EQ(client_.operations(), (std::vector<std::string>{"SendMessage", "DeleteMessage"}));
  const json::object sent = json::parse(client_.calls()[0].body).as_object();
  EXPECT_EQ(sent.at("QueueUrl"), "https://sqs/1/dead");
  EXPECT_EQ(sent.at("MessageBody"), "body");
  const json::value& attributes = sent.at("MessageAttributes");
  const json::string& reason = attributes.at("cordon-reason").at("StringValue").as_string();
  EXPECT_EQ(std::string(reason).substr(0, 10), "no\uFFFDJSON ");
  EXPECT_EQ(reason.size(), 1024U);
  EXPECT_EQ(attributes.at("cordon-message-id").at("StringValue"), "m1");
  EXPECT_EQ(attributes.at("cordon-queue").at("StringValue"), "events");
}

TEST_F(SqsQueueTest, AcknowledgesNothingThatTheDeadLettersDidNotTake) {
  const Result<HttpResponse> kRefusals[] = {
      Error{Errc::denied, "no right"},
      HttpResponse{200, {}, "{}"},
      HttpResponse{200, {}, "{\"MessageId\": \"m2\", \"MD5OfMessageBody\": \"00\"}"},
  };
  for (const Result<HttpResponse>& refusal : kRefusals) {
    client_.will_answer(refusal);
    EXPECT_FALSE(queue_.dead_letter(claim_, "why", Deadline::never(), {}));
  }
  EXPECT_EQ(client_.operations(), std::vector<std::string>(3, "SendMessage"));
}

TEST_F(SqsQueueTest, AMessageAtTheCeilingGoesWithoutAttributes) {
  claim_.body = std::string(1U << 20U, 'x');
  client_.will_answer(200, {}, "{\"MessageId\": \"m2\"}");
  client_.will_answer(200, {}, "");

  ASSERT_TRUE(queue_.dead_letter(claim_, "why", Deadline::never(), {}));

  const json::object sent = json::parse(client_.calls()[0].body).as_object();
  EXPECT_FALSE(sent.contains("MessageAttributes"));
}

TEST_F(SqsQueueTest, DeadLettersTakeABodyThatQueuesRefuse) {
  claim_.body = "{\"key\":\"a\uFFFE\u00fc\"}";
  const std::string sent_as = "{\"key\":\"a\\ufffe\u00fc\"}";
  client_.will_answer(
      200, {},
      "{\"MessageId\": \"m2\", \"MD5OfMessageBody\": \"" + hex(md5(as_bytes_of(sent_as))) + "\"}");
  client_.will_answer(200, {}, "");

  const Result<void> moved = queue_.dead_letter(claim_, "\uFFFF", Deadline::never(), {});

  ASSERT_TRUE(moved) << moved.error().what;
  const json::object sent = json::parse(client_.calls()[0].body).as_object();
  EXPECT_EQ(sent.at("MessageBody").as_string(), sent_as);
}

TEST_F(SqsQueueTest, TenMessagesAtTheCeilingFit) {
  const std::string body(1U << 20U, '\n');  // JSON writes each byte as two.
  json::array ten;
  for (int i = 0; i < 10; ++i) ten.push_back(message(body));
  client_.will_answer(200, {}, received(ten));

  const auto claims = queue_.receive(10, std::chrono::seconds(0), Deadline::never(), {});

  ASSERT_TRUE(claims) << claims.error().what;
  ASSERT_EQ(claims->size(), 10U);
  EXPECT_EQ(claims->at(9).body.size(), body.size());
}

}  // namespace
}  // namespace cordon
