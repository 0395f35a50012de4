#include "signatures/reload_rules.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(ReloadRules, TellWhichSetMayReplaceWhich) {
  const struct {
    const char* what;
    LoadedSet present, next;
    bool may;
  } kRows[] = {
      {"the next day's", {"27451", 8'000'000}, {"27452", 8'000'900}, true},
      {"an older one", {"27452", 8'000'900}, {"27451", 8'000'000}, true},
      {"half is enough", {"27451", 8'000'000}, {"27452", 4'000'000}, true},
      {"less than half is not", {"27451", 8'000'000}, {"27452", 3'999'999}, false},
      {"a volume that is empty but for the shipped set",
       {"27451", 8'000'000},
       {"test-1", 4},
       false},
      {"test signatures over as many real ones", {"local-1", 4}, {"test-1", 4}, false},
      {"the first real set over test signatures", {"test-1", 4}, {"27451", 8'000'000}, true},
      {"one small set over another", {"local-1", 100}, {"local-2", 1}, true},
      {"nothing over a small set", {"local-1", 100}, {"local-2", 0}, false},
      {"much of one's own that is gone", {"local-1", 102}, {"local-2", 50}, false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);

    const Result<void> may = check_replacement(row.present, row.next);

    EXPECT_EQ(may.ok(), row.may);
    if (!may) {
      EXPECT_EQ(may.error().code, Errc::invalid);
    }
  }
}

TEST(ReloadRules, TellWhetherOfficialPartsAreOlder) {
  using Versions = std::map<std::string, std::uint32_t>;
  const Versions present{{"daily", 27451}, {"main", 62}};
  const struct {
    const char* what;
    Versions next;
    bool may;
  } kRows[] = {{"the same", present, true},
               {"a newer daily", {{"daily", 27452}, {"main", 62}}, true},
               {"one more part", {{"bytecode", 1}, {"daily", 27451}, {"main", 62}}, true},
               {"an older daily", {{"daily", 27450}, {"main", 62}}, false},
               {"an older main", {{"daily", 27452}, {"main", 61}}, false},
               {"no daily", {{"main", 62}}, false},
               {"nothing official", {}, false}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(check_not_older(present, row.next).ok(), row.may);
  }
  EXPECT_TRUE(check_not_older({}, present));
}

}  // namespace
}  // namespace cordon
