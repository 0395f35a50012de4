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
  Result<std::vector<RefusedRequest>> send(std::size_t count) {
    return queue_.send(requests(count), Deadline::never(), {});
  }

  FakeServiceClient client_;
  SqsScanRequests queue_{client_, "https://sqs/1/sweep"};
};

TEST_F(SqsScanRequestsTest, ABatchIsOneRequestThatDecodesAgain) {
  client_.will_answer(200, {}, reply(10));

  const auto sent = send(10);

  ASSERT_TRUE(sent) << sent.error().what;
  EXPECT_TRUE(sent->empty());
  const AwsCall call = client_.last_call();
  EXPECT_EQ(call.headers.get("X-Amz-Target"), "AmazonSQS.SendMessageBatch");
  const json::object body = json::parse(call.body).as_object();
  EXPECT_EQ(body.at("QueueUrl"), "https://sqs/1/sweep");
  const json::array& entries = body.at("Entries").as_array();
  ASSERT_EQ(entries.size(), 10U);
  const std::string second(entries[1].at("MessageBody").as_string());
  const auto decoded = decode_message(second, {.takes_scan_requests = true});
  ASSERT_TRUE(decoded) << decoded.error().what;
  const ObjectEvent& event = std::get<EventRecords>(*decoded).events.front();
  EXPECT_EQ(event.object, (ObjectRef{BucketName("uploads"), ObjectKey("k\n1")}));
  EXPECT_EQ(event.etag, ETag("abc"));
  EXPECT_TRUE(event.is_forced);
}

TEST_F(SqsScanRequestsTest, ABucketIsAGroupWhereGroupsAreKnown) {
  client_.will_answer(200, {}, reply(1));
  ASSERT_TRUE(send(1));
  const auto entry = [&] {
    return json::parse(client_.last_call().body).at("Entries").at(0).as_object();
  };
  EXPECT_EQ(entry().at("MessageGroupId"), "uploads");

  client_.will_answer(remote_error(Errc::invalid, "InvalidParameterValue",
                                   "The request include parameter MessageGroupId which is not "
                                   "valid for this queue type"));
  client_.will_answer(200, {}, reply(1));
  client_.will_answer(200, {}, reply(1));
  ASSERT_TRUE(send(1));
  ASSERT_TRUE(send(1));
  EXPECT_FALSE(entry().contains("MessageGroupId"));
  EXPECT_EQ(client_.operations().size(), 4U) << "it is asked once";
}

TEST_F(SqsScanRequestsTest, NothingIsSentForNothing) {
  EXPECT_TRUE(send(0));
  EXPECT_TRUE(client_.operations().empty());
}

TEST_F(SqsScanRequestsTest, MoreThanABatchIsRefusedUnsent) {
  EXPECT_EQ(send(11).error().code, Errc::invalid);
  EXPECT_TRUE(client_.operations().empty());
}

TEST_F(SqsScanRequestsTest, AKeyThatQueuesRefuseIsEscaped) {
  client_.will_answer(200, {}, reply(1));
  const ObjectEvent request{.source = EventSource::retro,
                            .object = {BucketName("uploads"), ObjectKey("a\uFFFE\u00fc")}};

  ASSERT_TRUE(queue_.send({request}, Deadline::never(), {}));

  const json::value body = json::parse(client_.last_call().body);
  const std::string sent(body.at("Entries").at(0).at("MessageBody").as_string());
  EXPECT_THAT(sent, HasSubstr("a\\ufffe\\u00fc"));
  const auto decoded = decode_message(sent, {.takes_scan_requests = true});
  EXPECT_EQ(std::get<EventRecords>(decoded.value()).events.at(0).object, request.object);
}

TEST_F(SqsScanRequestsTest, WhatIsRefusedFailsAlone) {
  const struct {
    const char* code;
    bool fault;
    Errc means;
  } kAnswers[] = {
      {"InvalidMessageContents", true, Errc::invalid},
      {"InternalError", false, Errc::unavailable},
      {"RequestThrottled", true, Errc::throttled},
      {"KmsDisabled", true, Errc::denied},
  };
  for (const auto& answer : kAnswers) {
    SCOPED_TRACE(answer.code);
    client_.will_answer(200, {},
                        reply(2, {json::object{{"Id", "2"},
                                               {"SenderFault", answer.fault},
                                               {"Code", answer.code},
                                               {"Message", "not\x01text"}}}));

    const auto sent = send(3);

    ASSERT_TRUE(sent) << sent.error().what;
    ASSERT_EQ(sent->size(), 1U);
    EXPECT_EQ(sent->front().index, 2U);
    EXPECT_EQ(sent->front().why.code, answer.means);
    EXPECT_THAT(sent->front().why.what, HasSubstr(answer.code));
  }
}

TEST_F(SqsScanRequestsTest, AServerThatRefusesTheWholeBatchForOneIsAskedForEach) {
  client_.will_answer(remote_error(Errc::invalid, "InvalidMessageContents"));
  client_.will_answer(200, {}, reply(1));
  client_.will_answer(remote_error(Errc::invalid, "InvalidMessageContents"));
  client_.will_answer(200, {}, reply(1));

  const auto sent = send(3);

  ASSERT_TRUE(sent) << sent.error().what;
  ASSERT_EQ(sent->size(), 1U);
  EXPECT_EQ(sent->front().index, 1U);
  EXPECT_EQ(client_.operations().size(), 4U);
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
      {"taken and refused", reply(3, {json::object{{"Id", "2"}, {"SenderFault", true}}})},
      {"another one refused", reply(2, {json::object{{"Id", "7"}, {"SenderFault", true}}})},
      {"refused twice", reply(1, {json::object{{"Id", "1"}}, json::object{{"Id", "1"}}})},
      {"huge", "{\"x\": \"" + std::string(1U << 20U, 'x') + "\"}"},
  };
  for (const auto& [what, body] : kHostile) {
    SCOPED_TRACE(what);
    client_.will_answer(200, {}, body);
    const auto sent = send(3);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::unavailable);
  }
}

}  // namespace
}  // namespace cordon
