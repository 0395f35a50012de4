#include "aws/cloudwatch_sink.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

namespace json = boost::json;

ScanResult result(const std::string& id, std::int64_t millis = 1'795'362'633'120) {
  ScanResult made;
  made.id = id;
  made.scanned_at = SystemTime(std::chrono::milliseconds(millis));
  made.verdict = clean_verdict(0);
  return made;
}

// The ids of the lines of one PutLogEvents, in order.
std::vector<std::string> ids_in(const AwsCall& call) {
  std::vector<std::string> ids;
  const json::value body = json::parse(call.body);
  for (const json::value& event : body.at("logEvents").as_array()) {
    const json::value line = json::parse(event.at("message").as_string());
    ids.emplace_back(line.at("id").as_string());
  }
  return ids;
}

class CloudWatchSinkTest : public testing::Test {
 protected:
  Result<void> publish(const ScanResult& what) {
    return publish_one(sink_, what, Deadline::never(), {});
  }

  FakeServiceClient client_;
  CloudWatchSink sink_{client_, {.group = "/cordon/main/scan-results", .stream = "agent-1"}};
};

TEST_F(CloudWatchSinkTest, WritesALineWithItsTime) {
  client_.will_answer(200, {}, "{\"nextSequenceToken\": \"1\"}");

  ASSERT_TRUE(publish(result("a")));

  const AwsCall call = client_.last_call();
  EXPECT_EQ(call.headers.get("X-Amz-Target"), "Logs_20140328.PutLogEvents");
  const json::value body = json::parse(call.body);
  EXPECT_EQ(body.at("logGroupName"), "/cordon/main/scan-results");
  EXPECT_EQ(body.at("logStreamName"), "agent-1");
  EXPECT_EQ(body.at("logEvents").at(0).at("timestamp"), 1'795'362'633'120);
  EXPECT_EQ(ids_in(call), std::vector<std::string>{"a"});
}

TEST_F(CloudWatchSinkTest, CreatesStreamAndGroupWhenTheyAreMissing) {
  client_.will_answer(remote_error(Errc::not_found, "ResourceNotFoundException"));
  client_.will_answer(remote_error(Errc::not_found, "ResourceNotFoundException"));
  client_.will_answer(200, {}, "");
  client_.will_answer(remote_error(Errc::invalid, "ResourceAlreadyExistsException"));
  client_.will_answer(200, {}, "{}");

  ASSERT_TRUE(publish(result("a")));

  EXPECT_EQ(client_.operations(),
            (std::vector<std::string>{"PutLogEvents", "CreateLogStream", "CreateLogGroup",
                                      "CreateLogStream", "PutLogEvents"}));
}

TEST_F(CloudWatchSinkTest, SaysThatItMayNotCreateTheGroup) {
  client_.will_answer(remote_error(Errc::not_found, "ResourceNotFoundException"));
  client_.will_answer(remote_error(Errc::not_found, "ResourceNotFoundException"));
  client_.will_answer(remote_error(Errc::denied, "AccessDeniedException"));

  const Result<void> published = publish(result("a"));

  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().code, Errc::denied);
  EXPECT_NE(published.error().what.find("/cordon/main/scan-results"), std::string::npos);
}

// CloudWatch answers 200 and drops the event all the same.
TEST_F(CloudWatchSinkTest, ADroppedLineIsNoSuccess) {
  for (const char* info : {"{\"tooOldLogEventEndIndex\": 1}", "{\"expiredLogEventEndIndex\": 1}",
                           "{\"tooNewLogEventStartIndex\": 0}"}) {
    SCOPED_TRACE(info);
    client_.will_answer(200, {}, std::string("{\"rejectedLogEventsInfo\": ") + info + "}");
    EXPECT_EQ(publish(result("a")).error().code, Errc::invalid);
  }
}

TEST_F(CloudWatchSinkTest, ShortensWhatIsTooLong) {
  ScanResult huge = result("a");
  huge.verdict = infected_verdict(std::vector<std::string>(100'000, "Win.Test"), 0);
  client_.will_answer(200, {}, "{}");

  ASSERT_TRUE(publish(huge));

  EXPECT_LT(client_.last_call().body.size(), 300'000U);
}

TEST_F(CloudWatchSinkTest, RefusesRepliesThatAreNone) {
  for (const std::string body : {"", "[]", "<html>"}) {
    client_.will_answer(200, {}, body);
    EXPECT_EQ(publish(result("a")).error().code, Errc::unavailable);
  }
}

TEST_F(CloudWatchSinkTest, ManyLinesGoInOneCallInTheOrderOfTheirTimes) {
  client_.will_answer(200, {}, "{}");
  const std::vector<ScanResult> batch = {result("c", 1'795'362'633'300),
                                         result("a", 1'795'362'633'100),
                                         result("b", 1'795'362'633'200)};

  const ResultOutcomes outcomes = sink_.publish(batch, Deadline::never(), {});

  for (const Result<void>& outcome : outcomes) EXPECT_TRUE(outcome);
  EXPECT_EQ(client_.calls().size(), 1U);
  EXPECT_EQ(ids_in(client_.last_call()), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(CloudWatchSinkTest, LinesOfMoreThanADayGoInSeveralCalls) {
  constexpr std::int64_t kTwoDays = std::int64_t{48} * 3600 * 1000;
  client_.will_answer(200, {}, "{}");
  client_.will_answer(200, {}, "{}");
  const std::vector<ScanResult> batch = {result("late", 1'795'362'633'120 + kTwoDays),
                                         result("early")};

  const ResultOutcomes outcomes = sink_.publish(batch, Deadline::never(), {});

  EXPECT_TRUE(outcomes[0] && outcomes[1]);
  EXPECT_EQ(client_.calls().size(), 2U);
  EXPECT_EQ(ids_in(client_.last_call()), std::vector<std::string>{"late"});
}

TEST_F(CloudWatchSinkTest, SaysWhichOfTheLinesTheServiceDropped) {
  client_.will_answer(200, {}, R"({"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":1}})");
  const std::vector<ScanResult> batch = {result("new", 1'795'362'633'300), result("old")};

  const ResultOutcomes outcomes = sink_.publish(batch, Deadline::never(), {});

  EXPECT_TRUE(outcomes[0]);
  EXPECT_EQ(outcomes[1].error().code, Errc::invalid);
}

// CloudWatch takes a line as often as it is sent.
TEST_F(CloudWatchSinkTest, LinesWhoseAnswerWasLostAreLookedForBeforeTheyAreWrittenAgain) {
  client_.will_answer(Error{Errc::timeout, "no answer"});
  const std::vector<ScanResult> batch = {result("a"), result("b")};
  const ResultOutcomes lost = sink_.publish(batch, Deadline::never(), {});
  ASSERT_EQ(lost[0].error().code, Errc::timeout);
  EXPECT_FALSE(client_.last_call().is_repeatable);
  const json::value sent = json::parse(client_.last_call().body);
  const json::object there{
      {"events",
       {{{"message", "another"}}, {{"message", sent.at("logEvents").at(0).at("message")}}}},
      {"nextForwardToken", "end"}};
  client_.will_answer(200, {}, json::serialize(there));
  client_.will_answer(200, {}, R"({"events": [], "nextForwardToken": "end"})");
  client_.will_answer(200, {}, "{}");

  const ResultOutcomes outcomes = sink_.publish(batch, Deadline::never(), {});

  EXPECT_TRUE(outcomes[0] && outcomes[1]);
  EXPECT_EQ(client_.operations(), (std::vector<std::string>{"PutLogEvents", "GetLogEvents",
                                                            "GetLogEvents", "PutLogEvents"}));
  EXPECT_EQ(ids_in(client_.last_call()), std::vector<std::string>{"b"});
  const json::value look = json::parse(client_.calls().at(1).body);
  EXPECT_EQ(look.at("startTime"), 1'795'362'633'120);
  EXPECT_EQ(look.at("endTime"), 1'795'362'633'121);
}

TEST_F(CloudWatchSinkTest, LinesThatAllArrivedAreNotWrittenAgain) {
  client_.will_answer(Error{Errc::unavailable, "cut"});
  ASSERT_FALSE(publish(result("a")));
  const json::value sent = json::parse(client_.last_call().body);
  const json::object there{{"events", {{{"message", sent.at("logEvents").at(0).at("message")}}}}};
  client_.will_answer(200, {}, json::serialize(there));

  EXPECT_TRUE(publish(result("a")));
  EXPECT_EQ(client_.last_call().operation, "GetLogEvents");

  client_.will_answer(200, {}, "{}");
  EXPECT_TRUE(publish(result("a"))) << "nobody is unsure any more";
  EXPECT_EQ(client_.last_call().operation, "PutLogEvents");
}

TEST_F(CloudWatchSinkTest, LinesThatMayNotBeLookedForAreWrittenAgain) {
  client_.will_answer(Error{Errc::timeout, "no answer"});
  ASSERT_FALSE(publish(result("a")));
  client_.will_answer(remote_error(Errc::unavailable, "ServiceUnavailable"));
  EXPECT_EQ(publish(result("a")).error().code, Errc::unavailable) << "a look may succeed later";

  client_.will_answer(remote_error(Errc::denied, "AccessDeniedException"));
  client_.will_answer(200, {}, "{}");
  EXPECT_TRUE(publish(result("a")));
  EXPECT_EQ(client_.last_call().operation, "PutLogEvents");
}

TEST_F(CloudWatchSinkTest, WhatWasRefusedDidNotArrive) {
  client_.will_answer(remote_error(Errc::throttled, "ThrottlingException"));
  ASSERT_FALSE(publish(result("a")));
  client_.will_answer(200, {}, "{}");

  EXPECT_TRUE(publish(result("a")));

  EXPECT_EQ(client_.operations(), (std::vector<std::string>{"PutLogEvents", "PutLogEvents"}));
}

}  // namespace
}  // namespace cordon
