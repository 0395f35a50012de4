#include "provision/wiring_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cordon {
namespace {

using Target = NotificationEntry::Target;
using testing::HasSubstr;

struct Filter {
  std::string prefix = "";
  std::string suffix = "";
};

NotificationEntry entry(std::vector<std::string> events, const Filter& filter = {},
                        Target target = Target::topic,
                        std::string arn = "arn:aws:sns:eu-west-1:111122223333:theirs") {
  return NotificationEntry{.id = "theirs",
                           .target = target,
                           .arn = std::move(arn),
                           .events = std::move(events),
                           .prefix = filter.prefix,
                           .suffix = filter.suffix,
                           .verbatim = "x"};
}

const NotificationEntry kOurs{.id = "cordon-main",
                              .target = Target::topic,
                              .arn = "arn:aws:sns:eu-west-1:111122223333:cordon-events-main",
                              .events = {"s3:ObjectCreated:*"},
                              .prefix = "",
                              .suffix = "",
                              .verbatim = ""};

// The examples of the user guide, "Configuring event notifications using object key name
// filtering": first those that S3 accepts, then those that it refuses.
TEST(Overlaps, AgreesWithTheExamplesOfTheUserGuide) {
  const std::string all = "s3:ObjectCreated:*";
  const std::string put = "s3:ObjectCreated:Put";
  const struct {
    const char* phrase;
    NotificationEntry one, other;
    bool overlap;
  } kExamples[] = {
      {"image/ to a queue, any key for a lost object to the same queue",
       entry({put}, {"images/", "jpg"}), entry({"s3:ReducedRedundancyLostObject"}), false},
      {"prefixes that do not overlap", entry({put}, {"images/"}), entry({put}, {"logs/"}), false},
      {"suffixes that do not overlap", entry({put}, {"", ".jpg"}), entry({put}, {"", ".png"}),
       false},
      {"the same prefix with suffixes that do not overlap", entry({put}, {"images", ".jpg"}),
       entry({put}, {"images", ".png"}), false},
      {"the same prefix for different events", entry({put}, {"image/"}),
       entry({"s3:ObjectRemoved:*"}, {"image/"}), false},
      {"the root prefix and any other prefix", entry({all}), entry({all}, {"images"}), true},
      {"the root suffix and any other suffix", entry({all}), entry({all}, {"", "jpg"}), true},
      {"a string can end with jpg and with pg", entry({all}, {"", "jpg"}), entry({put}, {"", "pg"}),
       true},
      {"a string can begin with images and with image", entry({all}, {"images"}),
       entry({put}, {"image"}), true},
      {"prefix and suffix overlap both", entry({all}, {"images", "jpg"}), entry({put}, {"", "jpg"}),
       true},
      {"a prefix against a suffix: images/x.jpg fits both", entry({all}, {"images"}),
       entry({all}, {"", "jpg"}), true},
      {"several events, one of them in common", entry({put, "s3:ObjectRemoved:*"}),
       entry({"s3:ObjectRemoved:Delete"}), true},
  };
  for (const auto& example : kExamples) {
    SCOPED_TRACE(example.phrase);
    EXPECT_EQ(overlaps(example.one, example.other), example.overlap);
    EXPECT_EQ(overlaps(example.other, example.one), example.overlap);
  }
}

TEST(PlanWiring, PrefersAnEntryOfOurs) {
  const BucketNotifications none;
  const BucketNotifications unrelated{
      {entry({"s3:ObjectRemoved:*"}, {}, Target::queue, "arn:aws:sqs:eu-west-1:1:q")}, true};

  EXPECT_EQ(plan_wiring(none, kOurs).way, WiringWay::entry);
  EXPECT_EQ(plan_wiring(unrelated, kOurs).way, WiringWay::entry);
}

TEST(PlanWiring, SharesATopicThatHearsOfEveryNewObject) {
  const std::vector<std::string> spelled_out{
      "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy",
      "s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:*"};
  for (const auto& events : {std::vector<std::string>{"s3:ObjectCreated:*"}, spelled_out}) {
    const WiringPlan plan = plan_wiring({{entry(events)}}, kOurs);

    EXPECT_EQ(plan.way, WiringWay::topic);
    EXPECT_EQ(plan.topic_arn, "arn:aws:sns:eu-west-1:111122223333:theirs");
  }
}

TEST(PlanWiring, TakesTheBusWhereSharingWouldMissObjectsOrNeedSomebody) {
  const std::pair<const char*, NotificationEntry> kCases[] = {
      {"a topic that hears of some keys only", entry({"s3:ObjectCreated:*"}, {"in/"})},
      {"a topic that hears of some suffixes only", entry({"s3:ObjectCreated:*"}, {"", ".pdf"})},
      {"a topic that does not hear of copies", entry({"s3:ObjectCreated:Put"})},
      {"a topic of another account",
       entry({"s3:ObjectCreated:*"}, {}, Target::topic, "arn:aws:sns:eu-west-1:999999999999:t")},
      {"a queue",
       entry({"s3:ObjectCreated:*"}, {}, Target::queue, "arn:aws:sqs:eu-west-1:111122223333:q")},
      {"a function", entry({"s3:ObjectCreated:*"}, {}, Target::function,
                           "arn:aws:lambda:eu-west-1:111122223333:function:f")},
  };
  for (const auto& [phrase, other] : kCases) {
    SCOPED_TRACE(phrase);
    const WiringPlan plan = plan_wiring({{other}}, kOurs);

    EXPECT_EQ(plan.way, WiringWay::bus);
    EXPECT_THAT(plan.why, HasSubstr(other.arn));
  }
}

TEST(PlanWiring, TakesTheBusWhenTheConfigurationIsFull) {
  BucketNotifications present;
  for (std::size_t i = 0; i < kNotificationEntriesMax - 1; ++i) {
    present.entries.push_back(
        entry({"s3:ObjectRemoved:*"}, {std::to_string(i) + "/"}, Target::queue));
  }
  EXPECT_EQ(plan_wiring(present, kOurs).way, WiringWay::entry);

  present.entries.push_back(entry({"s3:ObjectTagging:*"}));
  EXPECT_EQ(plan_wiring(present, kOurs).way, WiringWay::bus);
  EXPECT_THAT(plan_wiring(present, kOurs).why, HasSubstr("100"));
}

}  // namespace
}  // namespace cordon
