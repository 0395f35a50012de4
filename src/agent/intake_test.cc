#include "agent/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class IntakeTest : public testing::Test {
 protected:
  void fail_messages(int times) {
    for (int i = 0; i < times; ++i) intake_.message_failed();
  }

  SimulatedClock clock_;
  std::vector<std::string> lines_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
  Metrics metrics_;
  Intake intake_{log_, metrics_};
};

TEST_F(IntakeTest, TheFirstReceiveDoesNotWaitForMessages) {
  EXPECT_TRUE(intake_.plan().at_once);
  EXPECT_FALSE(intake_.is_receiving());

  intake_.receive_succeeded();

  EXPECT_FALSE(intake_.plan().at_once);
  EXPECT_TRUE(intake_.is_receiving());
  EXPECT_EQ(intake_.plan().pause, milliseconds(0));
}

TEST_F(IntakeTest, FailedReceivesPauseItLongerEachTimeUpToHalfAMinute) {
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 7; ++i) {
    intake_.receive_failed({Errc::unavailable, "the queue is away"});
    pauses.push_back(intake_.plan().pause.count());
  }

  EXPECT_THAT(pauses, ElementsAre(1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000));
  EXPECT_TRUE(intake_.plan().at_once);
  EXPECT_FALSE(intake_.is_receiving());
  EXPECT_THAT(intake_.trouble(), HasSubstr("the queue is away"));
  EXPECT_EQ(metrics_.value("cordon_receive_failures_total", {{"cause", "unavailable"}}), 7);
}

TEST_F(IntakeTest, OneSuccessMakesItNormal) {
  intake_.receive_failed({Errc::denied, "no"});
  intake_.receive_succeeded();

  EXPECT_EQ(intake_.plan().pause, milliseconds(0));
  EXPECT_EQ(intake_.trouble(), "");
  EXPECT_EQ(metrics_.value("cordon_intake_troubled"), 0);
}

TEST_F(IntakeTest, SomeMessagesMayFailBeforeItTakesThemOneByOne) {
  intake_.receive_succeeded();
  fail_messages(8);
  EXPECT_FALSE(intake_.plan().only_one);
  EXPECT_EQ(intake_.trouble(), "");

  fail_messages(1);

  EXPECT_TRUE(intake_.plan().only_one);
  EXPECT_EQ(intake_.plan().pause, milliseconds(1'000));
  EXPECT_THAT(intake_.trouble(), HasSubstr("no object can be finished"));
  intake_.message_succeeded();
  EXPECT_FALSE(intake_.plan().only_one);
}

TEST_F(IntakeTest, ASuccessOfOneKindDoesNotHideTroubleOfTheOther) {
  fail_messages(9);
  intake_.receive_succeeded();

  EXPECT_TRUE(intake_.plan().only_one);
  EXPECT_NE(intake_.trouble(), "");
}

TEST_F(IntakeTest, EachChangeIsToldOnce) {
  for (int i = 0; i < 3; ++i) intake_.receive_failed({Errc::unavailable, "away"});
  fail_messages(20);
  intake_.receive_succeeded();
  intake_.message_succeeded();

  EXPECT_THAT(lines_, ElementsAre(HasSubstr("intake.troubled"), HasSubstr("intake.normal")));
}

}  // namespace
}  // namespace cordon
