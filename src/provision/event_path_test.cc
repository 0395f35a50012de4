#include "provision/event_path.h"

#include <gtest/gtest.h>

#include "testing/fake_admins.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;
using std::chrono::hours;

constexpr const char* kDead = "arn:aws:sqs:eu-west-1:111122223333:dead";
constexpr const char* kQueue = "arn:aws:sqs:eu-west-1:111122223333:events";

TEST(KeepsMessages, SaysWhetherAQueueIsAsAgentsCountOnIt) {
  const struct {
    const char* what;
    QueueInfo queue;
    bool keeps;
  } kRows[] = {
      {"as it is made",
       {.dead_letter_arn = kDead, .retention = hours(14 * 24), .receives_max = 5},
       true},
      {"nothing is told", {.dead_letter_arn = kDead}, true},
      {"more patient", {.dead_letter_arn = kDead, .receives_max = 50}, true},
      {"given up early", {.dead_letter_arn = kDead, .receives_max = 1}, false},
      {"forgotten early", {.dead_letter_arn = kDead, .retention = hours(24)}, false},
      {"no dead letters", {.retention = hours(14 * 24)}, false},
      {"others' dead letters", {.dead_letter_arn = kQueue, .receives_max = 5}, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(keeps_messages(row.queue, kDead), row.keeps);
  }
  EXPECT_TRUE(keeps_messages({.retention = hours(14 * 24)}, "")) << "the dead letters themselves";
  EXPECT_FALSE(keeps_messages({.retention = hours(1)}, ""));
}

class HearingTest : public testing::Test {
 protected:
  bool hears() { return hears_everything(topics_, topic_, kQueue, Deadline::never(), {}).value(); }
  Result<ProvisionStep> ensure() {
    return ensure_hearing(topics_, topic_, kQueue, Deadline::never(), {});
  }

  FakeTopicAdmin topics_;
  std::string topic_ = topics_.ensure("events", Deadline::never(), {}).value();
};

TEST_F(HearingTest, ASubscriptionIsMadeOnce) {
  EXPECT_FALSE(hears());

  EXPECT_EQ(ensure()->state, State::created);
  EXPECT_TRUE(hears());
  EXPECT_EQ(ensure()->state, State::present);
}

TEST_F(HearingTest, AFilterIsSeenAndTakenAway) {
  const std::string subscription = ensure()->name;
  topics_.filters[subscription] = R"({"type":["nothing"]})";

  EXPECT_FALSE(hears());
  EXPECT_EQ(ensure()->state, State::changed);
  EXPECT_TRUE(hears());
  EXPECT_EQ(ensure()->state, State::present);
}

TEST_F(HearingTest, WhoMayNotLookAtAFilterGoesOn) {
  ASSERT_TRUE(ensure());
  topics_.filter_fails = Error{Errc::denied, "no right"};
  EXPECT_TRUE(hears());
  EXPECT_EQ(ensure()->state, State::present);

  topics_.filter_fails = Error{Errc::unavailable, "away"};
  EXPECT_EQ(ensure().error().code, Errc::unavailable);
}

TEST_F(HearingTest, OneThatWaitsForConfirmationHearsNothing) {
  topics_.topics.at(topic_).subscriptions.push_back({"", "sqs", kQueue});

  EXPECT_FALSE(hears());
}

}  // namespace
}  // namespace cordon
