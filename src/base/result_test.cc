#include "base/result.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

namespace cordon {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{Errc::invalid, "odd"};
  return number / 2;
}

Result<void> check_even(int number) {
  CORDON_TRY([[maybe_unused]] const int ignored, half(number));
  return {};
}

Result<int> quarter(int number) {
  CORDON_TRY(check_even(number));
  CORDON_TRY(const int first, half(number));
  CORDON_TRY(const int second, half(first));
  return second;
}

Result<std::map<int, int>> table(int a, int b) { return std::map<int, int>{{a, b}}; }

TEST(Result, TheHappyPathIsAListOfSteps) { EXPECT_EQ(quarter(8).value(), 2); }

TEST(Result, TheFirstErrorIsReturnedUnchanged) {
  ASSERT_FALSE(quarter(6));
  EXPECT_EQ(quarter(6).error(), (Error{Errc::invalid, "odd"}));
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const auto use = [&]() -> Result<int> {
    CORDON_TRY(const std::unique_ptr<int> number, make());
    return *number;
  };
  EXPECT_EQ(use().value(), 7);
}

TEST(Result, TheExpressionMayContainCommas) {
  using Table = std::map<int, int>;
  const auto use = []() -> Result<int> {
    CORDON_TRY(const Table all, table(1, 2));
    return all.at(1);
  };
  EXPECT_EQ(use().value(), 2);
}

TEST(ResultDeathTest, AskingAFailureForItsValueAborts) {
  EXPECT_DEATH((void)half(1).value(), "broken promise");
  EXPECT_DEATH((void)half(2).error(), "broken promise");
}

}  // namespace
}  // namespace cordon
