#include "aws/credentials_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <latch>
#include <thread>
#include <vector>

#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

/// Answers from a script; can hold its answers back.
class ScriptedSource final : public CredentialsSource {
 public:
  std::string name() const override { return "script"; }

  Result<Finding> find(Deadline, std::stop_token) override {
    std::unique_lock lock(mutex_);
    ++finds_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    if (answers_.empty()) return Error{Errc::invalid, "the script is used up"};
    Result<Finding> answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  void will_give(std::string id, std::optional<SystemTime> expires) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(
        Finding{AwsCredentials{std::move(id), Secret("s"), Secret("t"), expires, "script"}, ""});
  }
  void will_fail(Error error) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(error));
  }
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  void wait_for_finds(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return finds_ >= count; });
  }
  int finds() {
    const std::lock_guard lock(mutex_);
    return finds_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<Finding>> answers_;
  bool held_ = false;
  int finds_ = 0;
};

class CredentialsCacheTest : public testing::Test {
 protected:
  SystemTime in(std::chrono::seconds time) { return clock_.system_now() + time; }

  std::string id() {
    const auto found = cache_.get(Deadline::never(), {});
    return found ? found->access_key_id : "error: " + found.error().what;
  }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  SeededRandom random_;
  std::vector<std::string> lines_;
  Log log_{LogLevel::debug, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
  ScriptedSource source_;
  CredentialsCache cache_{source_, clock_, random_, log_};
};

TEST_F(CredentialsCacheTest, LongTermKeysAreFetchedOnce) {
  source_.will_give("A", std::nullopt);

  EXPECT_EQ(id(), "A");
  clock_.advance(hours(1000));
  EXPECT_EQ(id(), "A");
  EXPECT_EQ(source_.finds(), 1);
}

TEST_F(CredentialsCacheTest, TemporaryOnesAreRenewedFiveToSixMinutesAhead) {
  source_.will_give("A", in(hours(1)));
  source_.will_give("B", in(hours(2)));

  EXPECT_EQ(id(), "A");
  clock_.advance(minutes(54) - seconds(1));
  EXPECT_EQ(id(), "A");
  clock_.advance(minutes(1) + seconds(1));
  EXPECT_EQ(id(), "B");
}

TEST_F(CredentialsCacheTest, AFailedRenewalIsLoggedAndTriedAgainLater) {
  source_.will_give("A", in(minutes(10)));
  source_.will_fail({Errc::unavailable, "away"});
  source_.will_give("B", in(hours(1)));

  EXPECT_EQ(id(), "A");
  clock_.advance(minutes(6));
  EXPECT_EQ(id(), "A");
  EXPECT_EQ(id(), "A");
  EXPECT_EQ(source_.finds(), 2);
  EXPECT_THAT(lines_, testing::ElementsAre(HasSubstr("credentials.refresh_failed")));
  clock_.advance(seconds(41));
  EXPECT_EQ(id(), "B");
}

TEST_F(CredentialsCacheTest, ExpiredOnesAreNeverHandedOut) {
  source_.will_give("A", in(minutes(10)));
  source_.will_fail({Errc::denied, "nothing found", ErrorCause::credentials});

  EXPECT_EQ(id(), "A");
  clock_.advance(minutes(10));
  const auto found = cache_.get(Deadline::never(), {});

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::unavailable);  // An outage: there were some before.
  EXPECT_THAT(found.error().what, HasSubstr("cannot be renewed: nothing found"));
}

TEST_F(CredentialsCacheTest, WhatArrivesExpiredIsAnError) {
  source_.will_give("A", in(seconds(-1)));

  EXPECT_THAT(id(), HasSubstr("have expired already"));
}

TEST_F(CredentialsCacheTest, ASourceThatKeepsGivingTheSameIsNotAskedByEveryCall) {
  source_.will_give("A", in(minutes(3)));

  EXPECT_EQ(id(), "A");
  EXPECT_EQ(id(), "A");
  EXPECT_EQ(source_.finds(), 1);
}

TEST_F(CredentialsCacheTest, ARejectedKeyIsReplacedAndAStaleRejectionIgnored) {
  source_.will_give("A", in(hours(1)));
  source_.will_give("B", in(hours(1)));

  EXPECT_EQ(id(), "A");
  cache_.reject("A");
  EXPECT_EQ(id(), "B");
  cache_.reject("A");
  EXPECT_EQ(id(), "B");
  EXPECT_EQ(source_.finds(), 2);
}

TEST_F(CredentialsCacheTest, ManyThreadsCauseOneFetch) {
  source_.will_give("A", in(hours(1)));
  source_.hold(true);
  std::latch started(9);
  std::vector<std::string> ids(8);
  std::vector<std::jthread> threads;
  for (std::string& found : ids) {
    threads.emplace_back([&] {
      started.arrive_and_wait();
      found = id();
    });
  }

  started.arrive_and_wait();
  source_.wait_for_finds(1);
  source_.hold(false);
  threads.clear();

  EXPECT_EQ(ids, std::vector<std::string>(8, "A"));
  EXPECT_EQ(source_.finds(), 1);
}

TEST_F(CredentialsCacheTest, ValidOnesAreHandedOutWhileAnotherThreadRenews) {
  source_.will_give("A", in(minutes(10)));
  source_.will_give("B", in(hours(1)));
  EXPECT_EQ(id(), "A");
  clock_.advance(minutes(6));
  source_.hold(true);
  std::jthread renewing([&] { EXPECT_EQ(id(), "B"); });
  source_.wait_for_finds(2);

  EXPECT_EQ(id(), "A");

  source_.hold(false);
}

TEST_F(CredentialsCacheTest, WaitingForAnotherThreadEndsWithStopAndDeadline) {
  source_.will_give("A", in(hours(1)));
  source_.hold(true);
  std::jthread fetching([&] { EXPECT_EQ(id(), "A"); });
  source_.wait_for_finds(1);
  std::stop_source stop;
  stop.request_stop();

  const auto stopped = cache_.get(Deadline::never(), stop.get_token());
  const auto late = cache_.get(Deadline::after(clock_, seconds(0)), {});

  EXPECT_EQ(stopped.error().code, Errc::cancelled);
  EXPECT_EQ(late.error().code, Errc::timeout);
  source_.hold(false);
}

/// Applies, or says why not.
class FixedSource final : public CredentialsSource {
 public:
  FixedSource(std::string name, Result<Finding> answer)
      : name_(std::move(name)), answer_(std::move(answer)) {}
  std::string name() const override { return name_; }
  Result<Finding> find(Deadline, std::stop_token) override { return answer_; }

 private:
  std::string name_;
  Result<Finding> answer_;
};

CredentialsSource::Finding some(std::string id) {
  return {AwsCredentials{std::move(id), Secret("s"), {}, std::nullopt, "here"}, ""};
}

TEST(CredentialsChain, TakesTheFirstThatApplies) {
  FixedSource none("one", CredentialsSource::Finding{std::nullopt, "not set"});
  FixedSource second("two", some("B"));
  FixedSource third("three", some("C"));

  EXPECT_EQ(CredentialsChain({&none, &second, &third})
                .find(Deadline::never(), {})
                ->credentials->access_key_id,
            "B");
}

TEST(CredentialsChain, AFailureNeverFallsThroughToAnotherIdentity) {
  FixedSource broken("one", Error{Errc::invalid, "half a key"});
  FixedSource second("two", some("B"));

  EXPECT_EQ(CredentialsChain({&broken, &second}).find(Deadline::never(), {}).error().what,
            "half a key");
}

TEST(CredentialsChain, ListsAllThatWasTriedAndWhatToDo) {
  FixedSource one("environment", CredentialsSource::Finding{std::nullopt, "not set"});
  FixedSource two("container", CredentialsSource::Finding{std::nullopt, "no URI"});

  const auto found = CredentialsChain({&one, &two}).find(Deadline::never(), {});

  EXPECT_EQ(found.error().code, Errc::denied);
  EXPECT_EQ(found.error().cause, ErrorCause::credentials);
  EXPECT_THAT(found.error().what, HasSubstr("environment: not set"));
  EXPECT_THAT(found.error().what, HasSubstr("container: no URI"));
  EXPECT_THAT(found.error().what, HasSubstr("Set AWS_ACCESS_KEY_ID"));
}

}  // namespace
}  // namespace cordon
