#include "aws/sqs_scan_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

std::vector<ObjectEvent> requests(std::size_t count) {
  std::vector<ObjectEvent> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({.source = EventSource::retro,
                   .object = {BucketName("uploads"), ObjectKey("k\n" + std::to_string(i))},
                   .etag = ETag("abc"),
                   .size = 7,
                   .is_forced = i == 1});
  }
  return all;
}

std::string reply(std::size_t taken, const json::array& failed = {}) {
  json::array successful;
  for (std::size_t i = 0; i < taken; ++i) {
    successful.push_back(json::object{{"Id", std::to_string(i)}, {"MessageId", "m"}});
  }
  json::object out{{"Successful", std::move(successful)}};
  if (!failed.empty()) out["Failed"] = failed;
  return json::serialize(out);
}

class SqsScanRequestsTest : public testing::Test {
 protected:
  Result<void> send(std::size_t count) {
    return queue_.send(requests(count), Deadline::never(), {});
  }

  FakeServiceClient client_;
  SqsScanRequests queue_{client_, "https://sqs/1/sweep"};
};

TEST_F(SqsScanRequestsTest, ABatchIsOneRequestThatDecodesAgain) {
  client_.will_answer(200, {}, reply(10));

  const Result<void> sent = send(10);

  ASSERT_TRUE(sent) << sent.error().what;
  const AwsCall call = client_.last_call();
  EXPECT_EQ(call.headers.get("X-Amz-Target"), "AmazonSQS.SendMessageBatch");
  const json::object body = json::parse(call.body).as_object();
  EXPECT_EQ(body.at("QueueUrl"), "https://sqs/1/sweep");
  const json::array& entries = body.at("Entries").as_array();
  ASSERT_EQ(entries.size(), 10U);
  const std::string second(entries[1].at("MessageBody").as_string());
  const auto decoded = decode_message(second, {});
  ASSERT_TRUE(decoded) << decoded.error().what;
  const ObjectEvent& event = std::get<std::vector<ObjectEvent>>(*decoded).front();
  EXPECT_EQ(event.object, (ObjectRef{BucketName("uploads"), ObjectKey("k\n1")}));
  EXPECT_EQ(event.etag, ETag("abc"));
  EXPECT_TRUE(event.is_forced);
}

TEST_F(SqsScanRequestsTest, NothingIsSentForNothing) {
  EXPECT_TRUE(send(0));
  EXPECT_TRUE(client_.operations().empty());
}

TEST_F(SqsScanRequestsTest, MoreThanABatchIsRefusedUnsent) {
  EXPECT_EQ(send(11).error().code, Errc::invalid);
  EXPECT_TRUE(client_.operations().empty());
}

TEST_F(SqsScanRequestsTest, WhatWasNotTakenIsAFailureOfTheBatch) {
  client_.will_answer(
      200, {}, reply(2, {json::object{{"Id", "2"}, {"SenderFault", false}, {"Code", "Internal"}}}));
  EXPECT_EQ(send(3).error().code, Errc::unavailable);

  client_.will_answer(200, {},
                      reply(2, {json::object{{"Id", "2"},
                                             {"SenderFault", true},
                                             {"Code", "InvalidMessageContents"},
                                             {"Message", "not\x01text"}}}));
  const Result<void> ours = send(3);
  EXPECT_EQ(ours.error().code, Errc::invalid);
  EXPECT_THAT(ours.error().what, HasSubstr("InvalidMessageContents"));
}

TEST_F(SqsScanRequestsTest, ABatchThatIsTooLargeOrForNobodySaysSo) {
  const std::tuple<const char*, Errc, Errc> kCases[] = {
      {"AWS.SimpleQueueService.BatchRequestTooLong", Errc::invalid, Errc::invalid},
      {"AWS.SimpleQueueService.NonExistentQueue", Errc::invalid, Errc::not_found},
      {"RequestThrottled", Errc::invalid, Errc::throttled},
      {"AccessDenied", Errc::denied, Errc::denied},
  };
  for (const auto& [remote, before, after] : kCases) {
    SCOPED_TRACE(remote);
    client_.will_answer(remote_error(before, remote));
    EXPECT_EQ(send(1).error().code, after);
  }
}

TEST_F(SqsScanRequestsTest, AnAnswerThatSaysLessThanAllIsNone) {
  const std::pair<const char*, std::string> kHostile[] = {
      {"nothing", ""},
      {"no JSON", "<Error/>"},
      {"no list", "{}"},
      {"one too few", reply(2)},
      {"one too many", reply(4)},
      {"one twice", R"({"Successful":[{"Id":"0"},{"Id":"1"},{"Id":"1"}]})"},
      {"no entries", R"({"Successful":[1,2,3]})"},
      {"very many", reply(100)},
      {"huge", "{\"x\": \"" + std::string(1U << 20U, 'x') + "\"}"},
  };
  for (const auto& [what, body] : kHostile) {
    SCOPED_TRACE(what);
    client_.will_answer(200, {}, body);
    const Result<void> sent = send(3);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::unavailable);
  }
}

}  // namespace
}  // namespace cordon
