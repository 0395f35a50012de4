#include "aws/sqs_dead_letters.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "core/scan_request.h"
#include "testing/fake_service_client.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

namespace json = boost::json;

const std::string kEvents = "https://sqs/1/cordon-events-main";
const std::string kSweeps = "https://sqs/1/cordon-sweep-main";

std::string scan_request() {
  return encode_scan_request({.object = {BucketName("uploads"), ObjectKey("k")}});
}

json::object message(const std::string& body, const std::string& queue = "") {
  json::object attributes{
      {"cordon-reason", json::object{{"DataType", "String"}, {"StringValue", "why"}}}};
  if (!queue.empty()) {
    attributes["cordon-queue"] = json::object{{"DataType", "String"}, {"StringValue", queue}};
  }
  return {{"MessageId", "m1"},
          {"ReceiptHandle", "r1"},
          {"Body", body},
          {"MD5OfBody", hex(md5(as_bytes_of(body)))},
          {"MessageAttributes", std::move(attributes)}};
}

class SqsDeadLettersTest : public testing::Test {
 protected:
  Result<std::vector<DeadLetter>> take(SqsDeadLetters& box) {
    return box.take(std::chrono::seconds(300), DeadLetterBox::Patience::some, Deadline::never(),
                    {});
  }
  /// The queue that a replay of this message was sent to.
  std::string replayed_to(const json::object& letter, const std::string& sweeps = kSweeps) {
    SqsDeadLetters box(
        client_,
        {.url = "https://sqs/1/dead", .event_queue_url = kEvents, .sweep_queue_url = sweeps},
        clock_, log_);
    client_.will_answer(200, {}, json::serialize(json::object{{"Messages", json::array{letter}}}));
    const auto letters = take(box);
    if (!letters || letters->size() != 1) return "no letter";
    client_.will_answer(200, {}, "{\"MessageId\": \"m2\"}");
    if (!box.send_again(letters->front(), Deadline::never(), {})) return "not sent";
    const json::object sent = json::parse(client_.last_call().body).as_object();
    EXPECT_EQ(sent.at("MessageBody"), letter.at("Body"));
    return std::string(sent.at("QueueUrl").as_string());
  }

  FakeServiceClient client_;
  SimulatedClock clock_;
  Log log_{LogLevel::error, clock_, [](std::string_view) {}};
};

TEST_F(SqsDeadLettersTest, ReplaysToTheQueueThatEachCameFrom) {
  // What an agent wrote on it.
  EXPECT_EQ(replayed_to(message(scan_request(), "cordon-sweep-main")), kSweeps);
  EXPECT_EQ(replayed_to(message("no json", "cordon-sweep-main")), kSweeps);
  EXPECT_EQ(replayed_to(message(scan_request(), "cordon-events-main")), kEvents);
  EXPECT_EQ(replayed_to(message("{}", "cordon-events-main")), kEvents);
  // Nobody said where it came from: never to where more is done than for an event.
  EXPECT_EQ(replayed_to(message(scan_request())), kEvents);
  EXPECT_EQ(replayed_to(message("{}")), kEvents);
  EXPECT_EQ(replayed_to(message(std::string(100'000, '['))), kEvents);
  EXPECT_EQ(replayed_to(message("{}", "another-queue")), kEvents);
}

// What its sender wrote on a message that the queue itself moved here is nobody's word.
TEST_F(SqsDeadLettersTest, WhatAQueueGaveUpGoesBackToThatQueueWhateverItsSenderWroteOnIt) {
  const auto given_up_by = [](const std::string& queue, json::object letter) {
    letter["Attributes"] =
        json::object{{"DeadLetterQueueSourceArn", "arn:aws:sqs:eu-west-1:111122223333:" + queue}};
    return letter;
  };
  const json::object forged = message(scan_request(), "cordon-sweep-main");

  EXPECT_EQ(replayed_to(given_up_by("cordon-events-main", forged)), kEvents);
  EXPECT_EQ(replayed_to(given_up_by("another", forged)), kEvents);
  EXPECT_EQ(replayed_to(given_up_by("cordon-sweep-main", message("{}"))), kSweeps);
  const auto letter = decode_dead_letter(
      json::serialize(given_up_by("cordon-events-main", forged)),
      {.url = "https://sqs/1/dead", .event_queue_url = kEvents, .sweep_queue_url = kSweeps},
      clock_.system_now());
  EXPECT_EQ(letter.value().reason, "") << "no agent said why";
}

TEST_F(SqsDeadLettersTest, WithoutASweepQueueScanRequestsAreEvents) {
  EXPECT_EQ(replayed_to(message(scan_request(), "cordon-sweep-main"), ""), kEvents);
  EXPECT_EQ(replayed_to(message(scan_request()), ""), kEvents);
}

TEST_F(SqsDeadLettersTest, ReadsReasonAndOriginAndPassesOverWhatIsBroken) {
  SqsDeadLetters box(
      client_,
      {.url = "https://sqs/1/dead", .event_queue_url = kEvents, .sweep_queue_url = kSweeps}, clock_,
      log_);
  json::object damaged = message("x");
  damaged["Body"] = "y";
  client_.will_answer(
      200, {}, json::serialize(json::object{{"Messages", {damaged, message(scan_request(), "cordon-sweep-main")}}}));

  const auto letters = take(box);

  ASSERT_TRUE(letters) << letters.error().what;
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ(letters->front().reason, "why");
  EXPECT_EQ(letters->front().origin, DeadOrigin::sweep);
  EXPECT_EQ(json::parse(client_.last_call().body).at("VisibilityTimeout"), 300);
}

TEST_F(SqsDeadLettersTest, CountsWhatCouldBeTakenAndWaitsOnlyWhenTold) {
  SqsDeadLetters box(client_, {.url = "https://sqs/1/dead", .event_queue_url = kEvents}, clock_,
                     log_);
  client_.will_answer(200, {}, R"({"Attributes":{"ApproximateNumberOfMessages":"7"}})");
  EXPECT_EQ(*box.waiting(Deadline::never(), {}), 7U);
  client_.will_answer(200, {}, "{}");
  EXPECT_FALSE(box.waiting(Deadline::never(), {}));

  for (const auto& [patience, seconds] :
       {std::pair(DeadLetterBox::Patience::none, 0), std::pair(DeadLetterBox::Patience::some, 1)}) {
    client_.will_answer(200, {}, "{}");
    EXPECT_TRUE(box.take(std::chrono::seconds(9), patience, Deadline::never(), {})->empty());
    EXPECT_EQ(json::parse(client_.last_call().body).at("WaitTimeSeconds"), seconds);
  }
}

}  // namespace
}  // namespace cordon
