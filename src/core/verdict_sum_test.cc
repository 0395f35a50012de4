#include "core/verdict_sum.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

Verdict clean_with(std::string message) {
  Verdict verdict = clean_verdict(10);
  verdict.message = std::move(message);
  return verdict;
}

TEST(VerdictSum, KeepsWhatACleanPartLeftUnopened) {
  VerdictSum sum(30);
  sum.add(clean_with(""), 10, 10);
  sum.add(clean_with("first"), 10, 10);
  sum.add(clean_with("second"), 10, 10);

  const Verdict verdict = std::move(sum).finish();

  EXPECT_EQ(verdict.disposition, Disposition::clean);
  EXPECT_EQ(verdict.message, "first");
  EXPECT_EQ(verdict.bytes_scanned, 30U);
}

TEST(VerdictSum, AWorsePartSpeaksForItself) {
  VerdictSum sum(20);
  sum.add(clean_with("left unopened"), 10, 10);
  sum.add(unscannable_verdict(Reason::encrypted, "locked"), 10, 10);
  sum.add(clean_with("another"), 0, 0);

  EXPECT_EQ(std::move(sum).finish().message, "locked");
}

}  // namespace
}  // namespace cordon
