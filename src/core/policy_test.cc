#include "core/policy.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

const Route kKeep = {{RouteStep::Kind::keep}};
const Route kDelete = {{RouteStep::Kind::remove}};
const Route kQuarantine = {{RouteStep::Kind::quarantine}};
const BucketName kBucket("b");
const Region kRegion("eu-west-1");

TEST(Policy, QuarantinesTheInfectedAndKeepsTheRestUnlessToldOtherwise) {
  const Policy policy;

  EXPECT_EQ(route_for(policy, Disposition::clean), kKeep);
  EXPECT_EQ(route_for(policy, Disposition::infected_allowed), kKeep);
  EXPECT_EQ(route_for(policy, Disposition::infected), kQuarantine);
  EXPECT_EQ(route_for(policy, Disposition::suspicious), kKeep);
  EXPECT_EQ(route_for(policy, Disposition::unscannable), kKeep);
  EXPECT_EQ(route_for(policy, Disposition::error), kKeep);
  EXPECT_EQ(policy.skip_scanned, SkipScanned::sealed);
  EXPECT_TRUE(admits(policy, ObjectKey("any/key")));
}

TEST(Policy, WhatIsAllowedStaysAndIsNotPromotedWithTheClean) {
  const Policy policy{.on_clean = {{RouteStep::Kind::move, Destination{BucketName("p"), ""}}}};

  EXPECT_EQ(route_for(policy, Disposition::infected_allowed), kKeep);
}

TEST(Policy, ExclusionWins) {
  const Policy policy{.include = {"in/**", "*.txt"}, .exclude = {"**/*.tmp"}};

  EXPECT_TRUE(admits(policy, ObjectKey("in/a")));
  EXPECT_TRUE(admits(policy, ObjectKey("a.txt")));
  EXPECT_FALSE(admits(policy, ObjectKey("out/a")));
  EXPECT_FALSE(admits(policy, ObjectKey("in/a.tmp")));
}

TEST(Policy, TheMoreSpecificStatementWinsInWhatItStates) {
  PolicySet set;
  set.defaults.on_error = kDelete;
  set.regions[kRegion].on_clean = kDelete;
  set.regions[kRegion].skip_scanned = SkipScanned::never;
  set.buckets = {{kBucket, "a/b/", {.on_infected = kKeep}},
                 {kBucket, "", {.on_clean = kKeep, .on_infected = kDelete}},
                 {kBucket, "a/", {.exclude = std::vector<std::string>{"a/x"}}},
                 {BucketName("other"), "", {.on_error = kKeep}}};

  const auto of = [&](const char* region, const char* bucket, const char* key) {
    return resolve_policy(set, Region(region), BucketName(bucket), ObjectKey(key));
  };

  EXPECT_EQ(of("eu-west-1", "b", "z").on_clean, kKeep);
  EXPECT_EQ(of("eu-west-1", "b", "z").on_infected, kDelete);
  EXPECT_EQ(of("eu-west-1", "b", "a/b/z").on_infected, kKeep);
  EXPECT_EQ(of("eu-west-1", "b", "a/b/z").exclude, std::vector<std::string>{"a/x"});
  EXPECT_EQ(of("eu-west-1", "b", "a/b/z").on_clean, kKeep);
  EXPECT_EQ(of("eu-west-1", "b", "z").skip_scanned, SkipScanned::never);
  EXPECT_EQ(of("eu-west-1", "c", "z").on_clean, kDelete);
  EXPECT_EQ(of("us-east-1", "c", "z").on_clean, kKeep);
  EXPECT_EQ(of("us-east-1", "c", "z").on_error, kDelete);
  EXPECT_EQ(of("us-east-1", "other", "z").on_error, kKeep);
}

}  // namespace
}  // namespace cordon
