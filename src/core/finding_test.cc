#include "core/finding.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace cordon {
namespace {

ScanResult infected(const std::string& sha256) {
  ScanResult result{.id = "1", .deployment = "main", .agent = "a"};
  result.bucket = BucketName("b");
  result.key = ObjectKey("k");
  result.verdict = infected_verdict({"First", "Second"}, 1);
  result.sha256 = sha256;
  return result;
}

TEST(Finding, AProblemIsContentAndVerdictAndCause) {
  const std::string sha(64, 'A');
  const std::optional<ProblemKey> key = problem_of(infected(sha));

  ASSERT_TRUE(key);
  EXPECT_EQ(key->sha256, std::string(64, 'a'));
  EXPECT_EQ(key->object, std::nullopt);
  EXPECT_EQ(key->cause, "First");
  EXPECT_EQ(digest_of(*key).size(), 32U);
}

TEST(Finding, ContentThatNobodyCouldReadIsToldApartByItsObject) {
  for (const std::string& none : {std::string(), std::string("abc"), std::string(64, 'x')}) {
    const std::optional<ProblemKey> key = problem_of(infected(none));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->sha256, std::nullopt);
    EXPECT_EQ(key->object, (ObjectRef{BucketName("b"), ObjectKey("k"), VersionId("null")}));
  }
}

TEST(Finding, NobodyHasToActUponWhatIsCleanOrAllowed) {
  ScanResult result = infected(std::string(64, 'a'));
  result.verdict.disposition = Disposition::infected_allowed;
  EXPECT_EQ(problem_of(result), std::nullopt);
  result.verdict = Verdict{.disposition = Disposition::clean};
  EXPECT_EQ(problem_of(result), std::nullopt);
}

// Parts are told apart by their lengths: a bucket and key that join to the same text differ.
TEST(Finding, DifferentKeysHaveDifferentDigests) {
  std::set<std::string> digests;
  std::size_t keys = 0;
  for (const char* bucket : {"a", "ab", "a1:"}) {
    for (const char* name : {"bc", "c", "1:c"}) {
      for (const auto& version : {std::optional<VersionId>(), std::optional(VersionId("v"))}) {
        for (const Disposition verdict : {Disposition::infected, Disposition::suspicious}) {
          const ProblemKey key{.object = ObjectRef{BucketName(bucket), ObjectKey(name), version},
                               .verdict = verdict,
                               .cause = "c"};
          digests.insert(digest_of(key));
          ++keys;
        }
      }
    }
  }
  EXPECT_EQ(digests.size(), keys);
}

TEST(Finding, TimesOfNoClockBecomeTheNextThatItHas) {
  EXPECT_EQ(ms_of(time_of_ms(-5)), -5);
  EXPECT_EQ(ms_of(time_of_ms(std::numeric_limits<std::int64_t>::max())), 9'000'000'000'000);
  EXPECT_EQ(ms_of(time_of_ms(std::numeric_limits<std::int64_t>::min())), -9'000'000'000'000);
}

TEST(Finding, StatesHaveNames) {
  for (const ProblemState state : {ProblemState::open, ProblemState::handled, ProblemState::gone}) {
    EXPECT_EQ(parse_problem_state(name_of(state)), state);
  }
  EXPECT_EQ(parse_problem_state("Open"), std::nullopt);
}

}  // namespace
}  // namespace cordon
