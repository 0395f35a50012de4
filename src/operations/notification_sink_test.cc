#include "operations/notification_sink.h"

#include <gtest/gtest.h>

#include "operations/filtered_sink.h"
#include "testing/fake_account.h"

namespace cordon {
namespace {

const std::string kHomeTopic = "arn:aws:sns:eu-west-1:111122223333:cordon-notifications-main";
const std::string kOtherTopic = "arn:aws:sns:us-east-1:111122223333:cordon-notifications-main";

ScanResult result_with(Disposition disposition) {
  ScanResult result;
  result.verdict.disposition = disposition;
  return result;
}

class NotificationSinkTest : public testing::Test {
 protected:
  Result<void> publish(Disposition disposition) {
    return publish_one(sink_, result_with(disposition), Deadline::never(), {});
  }

  FakeAccount account_;
  NotificationSettings settings_{.enabled = true};
  NotificationSink sink_{account_.identity(), account_.messages(), [this] { return settings_; }};
};

TEST_F(NotificationSinkTest, PublishesTheVerdictsThatAreWantedAtTheMoment) {
  ASSERT_TRUE(publish(Disposition::infected));
  ASSERT_TRUE(publish(Disposition::clean));
  EXPECT_EQ(account_.topics[kHomeTopic].results().size(), 1U);

  settings_.verdicts = {Disposition::clean};
  ASSERT_TRUE(publish(Disposition::infected));
  ASSERT_TRUE(publish(Disposition::clean));
  EXPECT_EQ(account_.topics[kHomeTopic].results().size(), 2U);

  settings_.enabled = false;
  ASSERT_TRUE(publish(Disposition::clean));
  EXPECT_EQ(account_.topics[kHomeTopic].results().size(), 2U);
}

TEST_F(NotificationSinkTest, TheTopicIsInTheRegionThatTheSettingsName) {
  settings_.region = Region("us-east-1");

  ASSERT_TRUE(publish(Disposition::infected));

  EXPECT_EQ(account_.topics[kOtherTopic].results().size(), 1U);
  EXPECT_FALSE(account_.topics.contains(kHomeTopic));
}

TEST_F(NotificationSinkTest, WhatTheTopicDoesNotTakeIsAnError) {
  account_.topics[kHomeTopic].fail_next(Error{Errc::denied, "sns:Publish"});

  EXPECT_EQ(publish(Disposition::infected).error().code, Errc::denied);
}

TEST(FilteredSink, PassesOnWhatIsWanted) {
  FakeResultSink inner;
  FilteredSink sink(inner, [](const ScanResult& result) {
    return result.verdict.disposition == Disposition::infected;
  });

  const auto publish = [&](Disposition disposition) {
    return publish_one(sink, result_with(disposition), Deadline::never(), {});
  };

  ASSERT_TRUE(publish(Disposition::clean));
  EXPECT_EQ(inner.batches(), 0);

  ASSERT_TRUE(publish(Disposition::infected));
  EXPECT_EQ(inner.results().size(), 1U);

  inner.fail_next(Error{Errc::unavailable, "away"});
  EXPECT_FALSE(publish(Disposition::infected));
}

TEST(FilteredSink, TellsOfEachResultOfABatchWhatBecameOfIt) {
  FakeResultSink inner;
  inner.refuse("bad", Error{Errc::invalid, "too long"});
  FilteredSink sink(inner, [](const ScanResult& result) {
    return result.verdict.disposition == Disposition::infected;
  });
  std::vector<ScanResult> batch;
  for (const char* id : {"clean", "bad", "clean", "good"}) {
    batch.push_back(
        result_with(std::string(id) == "clean" ? Disposition::clean : Disposition::infected));
    batch.back().id = id;
  }

  const ResultOutcomes outcomes = sink.publish(batch, Deadline::never(), {});

  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_TRUE(outcomes[0] && outcomes[2] && outcomes[3]);
  EXPECT_EQ(outcomes[1].error().code, Errc::invalid);
  ASSERT_EQ(inner.results().size(), 1U);
  EXPECT_EQ(inner.results()[0].id, "good");
}

}  // namespace
}  // namespace cordon
