#include "aws/cloudwatch_sink.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
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
    return sink_.publish(what, Deadline::never(), {});
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

/// A log that lets a test hold the call that is under way while other slots bring their lines.
class GroupCommitTest : public CloudWatchSinkTest {
 protected:
  struct Slot {
    std::jthread thread;
    std::optional<Result<void>> outcome;
  };

  GroupCommitTest() {
    client_.answer_by(
        [this](const AwsCall& call, Deadline, std::stop_token stop) -> Result<HttpResponse> {
          std::unique_lock lock(mutex_);
          ++begun_;
          caller_ = std::this_thread::get_id();
          changed_.notify_all();
          const bool may = changed_.wait(lock, stop, [this] { return allowed_ > 0; });
          if (!may) return Error{Errc::cancelled, "stopped"};
          --allowed_;
          return answer_ ? answer_(call) : HttpResponse{200, {}, "{}"};
        });
  }

  void start(Slot& slot, ScanResult what, std::stop_token stop = {}) {
    slot.thread = std::jthread([this, &slot, what = std::move(what), stop = std::move(stop)] {
      slot.outcome = sink_.publish(what, Deadline::never(), stop);
    });
  }
  void until_begun(int calls) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ >= calls; });
  }
  std::thread::id caller() {
    const std::lock_guard lock(mutex_);
    return caller_;
  }
  void allow(int calls) {
    const std::lock_guard lock(mutex_);
    allowed_ += calls;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int begun_ = 0;
  int allowed_ = 0;
  std::thread::id caller_;  ///< Whose call is under way.
  std::function<Result<HttpResponse>(const AwsCall&)> answer_;
};

TEST_F(GroupCommitTest, EverySlotReturnsWhenItsLineIsThere) {
  constexpr int kSlots = 40;
  Slot first;
  start(first, result("first"));
  until_begun(1);
  std::vector<Slot> others(kSlots);
  for (int i = 0; i < kSlots; ++i) {
    start(others[static_cast<std::size_t>(i)], result(std::to_string(i), 1'795'362'633'120 - i));
  }

  allow(kSlots + 1);
  first.thread.join();
  for (Slot& slot : others) slot.thread.join();

  EXPECT_TRUE(first.outcome && *first.outcome);
  std::size_t lines = 0;
  for (const AwsCall& call : client_.calls()) lines += ids_in(call).size();
  EXPECT_EQ(lines, std::size_t{kSlots} + 1);
  for (const Slot& slot : others) EXPECT_TRUE(slot.outcome && *slot.outcome);
  for (const AwsCall& call : client_.calls()) {
    const json::value body = json::parse(call.body);
    std::int64_t last = 0;
    for (const json::value& event : body.at("logEvents").as_array()) {
      EXPECT_GE(event.at("timestamp").as_int64(), last);
      last = event.at("timestamp").as_int64();
    }
  }
}

TEST_F(GroupCommitTest, ASenderThatIsStoppedLeavesTheOthersLinesToThem) {
  std::stop_source stop;
  Slot first;
  start(first, result("first"), stop.get_token());
  until_begun(1);
  Slot second;
  start(second, result("second"));

  stop.request_stop();
  first.thread.join();
  until_begun(2);
  allow(1);
  second.thread.join();

  EXPECT_EQ(first.outcome->error().code, Errc::cancelled);
  EXPECT_TRUE(*second.outcome);
  EXPECT_EQ(ids_in(client_.last_call()), std::vector<std::string>{"second"});
}

TEST_F(GroupCommitTest, AWaitingSlotCanBeStopped) {
  std::stop_source stop;
  Slot first;
  start(first, result("first"));
  until_begun(1);
  Slot second;
  start(second, result("second"), stop.get_token());

  stop.request_stop();
  second.thread.join();
  allow(1);
  first.thread.join();

  EXPECT_EQ(second.outcome->error().code, Errc::cancelled);
  EXPECT_TRUE(*first.outcome);
  EXPECT_EQ(client_.calls().size(), 1U);
}

// Its own line need not be among those that it sends: a call has room for so much, and what waits
// longest goes first.
TEST_F(GroupCommitTest, ASenderWithoutTimeReturnsAlthoughItSentAnothersLine) {
  Slot first;
  start(first, result("first"));
  until_begun(1);
  std::stop_source stops[2];
  Slot pair[2];
  for (int i = 0; i < 2; ++i) start(pair[i], result(std::to_string(i)), stops[i].get_token());
  while (sink_.waiting() < 2) std::this_thread::yield();
  allow(1);
  first.thread.join();
  until_begun(2);
  // One of the two sends both lines. The other one leaves first, so that its line stays behind.
  const int sender = pair[0].thread.get_id() == caller() ? 0 : 1;
  for (const int slot : {1 - sender, sender}) {
    stops[slot].request_stop();
    pair[slot].thread.join();
  }
  ASSERT_EQ(sink_.waiting(), 1U);
  client_.answer_by([](const AwsCall&, Deadline, std::stop_token) -> Result<HttpResponse> {
    return Error{Errc::timeout, "no time left"};
  });

  constexpr std::int64_t kTwoDays = std::int64_t{48} * 3600 * 1000;  // Never in one call.
  const Result<void> late =
      sink_.publish(result("late", 1'795'362'633'120 + kTwoDays), Deadline::never(), {});

  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::timeout);
  EXPECT_EQ(sink_.waiting(), 1U) << "the other line stays for whoever sends next";
}

TEST_F(GroupCommitTest, OneBadLineDoesNotSpoilTheOthers) {
  answer_ = [](const AwsCall& call) -> Result<HttpResponse> {
    for (const std::string& id : ids_in(call)) {
      if (id == "bad") return Error{Errc::invalid, "InvalidParameterException"};
    }
    return HttpResponse{200, {}, "{}"};
  };
  Slot first;
  start(first, result("first"));
  until_begun(1);
  Slot bad;
  Slot good;
  start(bad, result("bad"));
  start(good, result("good"));

  allow(10);
  first.thread.join();
  bad.thread.join();
  good.thread.join();

  EXPECT_TRUE(*first.outcome);
  EXPECT_TRUE(*good.outcome);
  EXPECT_EQ(bad.outcome->error().code, Errc::invalid);
}

}  // namespace
}  // namespace cordon
