#include "settings/route_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/settings_document.h"

namespace cordon {
namespace {

using testing::HasSubstr;

/// What is wrong with the document that has these lines; "" when it is taken.
std::string problem(const std::string& lines) {
  const SettingsReading reading = read_settings("schema = 1\n" + lines, SettingsFormat::toml);
  return reading.settings ? "" : reading.problems.at(0).what;
}

std::string entry(const std::string& bucket, const std::string& rest) {
  return "[[buckets]]\nname = \"" + bucket + "\"\n" + rest + "\n";
}

TEST(RouteRules, ACircleIsRefusedWithItsPlaces) {
  const std::string two = entry("aaa", "on.clean = [{move = \"bbb/in\"}]") +
                          entry("bbb", "on.clean = [{move = \"aaa/back\"}]");

  EXPECT_THAT(problem(two), HasSubstr("the routes for Clean lead in a circle: aaa, then bbb/in/"));
}

TEST(RouteRules, EveryKindOfCircleIsRefused) {
  const std::string kCircles[] = {
      entry("aaa", "on.clean = [{copy = \"bbb\"}]") + entry("bbb", "on.clean = [{move = \"aaa\"}]"),
      entry("aaa", "on.unscannable = [{move = \"bbb\"}]") +
          entry("bbb", "on.unscannable = [{move = \"ccc\"}]") +
          entry("ccc", "on.unscannable = [{move = \"aaa\"}]"),
      // What is usual leads everything to one bucket, which sends it back to where it came from.
      "[defaults]\non.clean = [{move = \"bbb/in\"}]\n" +
          entry("bbb", "on.clean = [{move = \"ccc\"}]"),
      // By two folders of one bucket.
      entry("aaa", "prefix = \"x/\"\non.error = [{move = \"aaa/y\"}]") +
          entry("aaa", "prefix = \"y/\"\non.error = [{move = \"aaa/x\"}]"),
      // Only the keys below one prefix of the other bucket come back.
      entry("aaa", "on.clean = [{move = \"bbb/in\"}]") +
          entry("bbb", "prefix = \"in/\"\non.clean = [{move = \"aaa\"}]"),
      "[regions.eu-west-1]\non.infected = [{move = \"bbb\"}]\n" +
          entry("bbb", "on.infected = [{move = \"ccc\"}]"),
  };
  for (const std::string& circle : kCircles) {
    EXPECT_THAT(problem(circle), HasSubstr("lead in a circle")) << circle;
  }
}

TEST(RouteRules, WhatEndsSomewhereIsTaken) {
  const std::string kGood[] = {
      entry("jailed", "on.infected = [{move = \"jailed/jail\"}]"),
      entry("aaa", "on.clean = [{move = \"bbb\"}]") + entry("bbb", "on.clean = [{move = \"ccc\"}]"),
      // One verdict there, another one back.
      entry("aaa", "on.clean = [{move = \"bbb\"}]") +
          entry("bbb", "on.unscannable = [{move = \"aaa/look\"}]"),
      "[defaults]\non.clean = [{move = \"bbb/in\"}]\n",
      "[regions.eu-west-1]\non.clean = [{move = \"eu-prod\"}]\n"
      "[regions.us-east-1]\non.clean = [{move = \"us-prod\"}]\n",
      // What comes back is not scanned there.
      entry("aaa", "exclude = [\"back/**\"]\non.clean = [{move = \"bbb\"}]") +
          entry("bbb", "on.clean = [{move = \"aaa/back\"}]"),
      entry("aaa", "include = [\"in/**\"]\non.clean = [{move = \"bbb\"}]") +
          entry("bbb", "on.clean = [{move = \"aaa/out\"}]"),
      // The folder of the way back keeps what it gets.
      entry("aaa", "on.clean = [{move = \"bbb\"}]") +
          entry("aaa", "prefix = \"back/\"\non.clean = [\"keep\"]") +
          entry("bbb", "on.clean = [{move = \"aaa/back\"}]"),
  };
  for (const std::string& good : kGood) EXPECT_EQ(problem(good), "") << good;
}

TEST(RouteRules, CordonsOwnPlacesAreNoDestinations) {
  EXPECT_THAT(problem(entry("aaa", "on.clean = [{copy = \"bbb/.cordon\"}]")),
              HasSubstr("objects of its own"));
  EXPECT_THAT(problem(entry("aaa", "on.clean = [{copy = \"bbb/.cordon/x\"}]")),
              HasSubstr("objects of its own"));
  EXPECT_THAT(problem("[defaults]\nquarantine = \"qqq\"\n" +
                      entry("aaa", "on.clean = [{move = \"qqq/in\"}]")),
              HasSubstr("which is a quarantine"));
  EXPECT_THAT(problem(entry("aaa", "quarantine = \"qqq\"") +
                      entry("bbb", "on.unscannable = [{copy = \"qqq\"}]")),
              HasSubstr("which is a quarantine"));
  EXPECT_THAT(problem(entry("aaa", "on.clean = [{copy = \"cordon-quarantine-main-1-eu\"}]")),
              HasSubstr("which is a quarantine"));
  EXPECT_EQ(problem(entry("aaa", "on.clean = [{copy = \"bbb/.cordonette\"}]")), "");
}

// Each state is followed a few times at most, so that a large document is read at once.
TEST(RouteRules, ThousandsOfPoliciesAreFollowed) {
  std::string lines;
  for (int i = 0; i < 2'000; ++i) {
    const std::string n = std::to_string(i);
    lines += entry("in-" + n, "on.clean = [{move = \"prod/" + n + "\"}]");
    lines += entry("prod", "prefix = \"" + n + "/\"\non.clean = [{copy = \"archive\"}]");
  }

  EXPECT_EQ(problem(lines), "");
}

}  // namespace
}  // namespace cordon
