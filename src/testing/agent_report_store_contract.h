#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/agent_report_store.h"

namespace cordon {

/// What every AgentReportStore owes its caller. A Subject sets up an empty one:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   AgentReportStore& agents();
template <typename Subject>
class AgentReportStoreContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
  static SystemTime at(int second) {
    return SystemTime(std::chrono::seconds(1'790'000'000 + second));
  }
  static AgentReport report(const std::string& agent, int second, std::uint64_t slots = 8) {
    AgentReport out{.agent = agent,
                    .deployment = "main",
                    .account = AccountId("111122223333"),
                    .region = Region("eu-west-1"),
                    .started_at = at(0),
                    .reported_at = at(second),
                    .version = "1.0",
                    .engine = std::nullopt,
                    .signatures = std::nullopt,
                    .slots = slots};
    out.verdicts[Disposition::clean] = {.objects = 18'446'744'073'709'551'615U, .bytes = 5};
    return out;
  }
  void keep(const std::vector<AgentReport>& reports) {
    const Result<void> kept = subject_.agents().keep_reports(reports, Deadline::never(), {});
    EXPECT_TRUE(kept) << (kept ? "" : kept.error().what);
  }
  /// All since a second, in pages of `rows_max`.
  std::vector<AgentReport> since(int second, std::size_t rows_max = 1'000) {
    std::vector<AgentReport> all;
    PageRequest page{.rows_max = rows_max};
    do {
      auto found = subject_.agents().agent_reports(at(second), page, Deadline::never(), {});
      EXPECT_TRUE(found) << (found ? "" : found.error().what);
      if (!found) break;
      EXPECT_LE(found->rows.size(), rows_max);
      all.insert(all.end(), found->rows.begin(), found->rows.end());
      page.after = found->next;
    } while (page.after);
    return all;
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(AgentReportStoreContract);

TYPED_TEST_P(AgentReportStoreContract, KeepsTheNewestOfEachWhateverOrderTheyComeIn) {
  this->keep({this->report("a", 30), this->report("b", 10)});
  this->keep({this->report("a", 20, 1), this->report("b", 40, 2), this->report("b", 35, 3)});
  this->keep({this->report("a", 30, 4)});

  EXPECT_EQ(this->since(0),
            (std::vector<AgentReport>{this->report("a", 30), this->report("b", 40, 2)}));
}

TYPED_TEST_P(AgentReportStoreContract, OneIdInTwoPlacesIsTwoAgents) {
  AgentReport elsewhere = this->report("a", 30);
  elsewhere.region = Region("eu-west-2");
  AgentReport of_another = this->report("a", 30);
  of_another.account = AccountId("444455556666");

  this->keep({this->report("a", 30), elsewhere, of_another});

  EXPECT_EQ(this->since(0).size(), 3U);
}

TYPED_TEST_P(AgentReportStoreContract, PagesRepeatNothingAndLeaveOutNothing) {
  std::vector<AgentReport> all;
  for (int i = 0; i < 7; ++i) all.push_back(this->report("agent-" + std::to_string(6 - i), i));
  this->keep(all);

  for (const std::size_t rows_max : {1U, 3U, 7U}) EXPECT_EQ(this->since(0, rows_max), all);
  EXPECT_EQ(this->since(5, 1), (std::vector<AgentReport>{all[5], all[6]}));
  EXPECT_TRUE(this->since(7).empty());
}

TYPED_TEST_P(AgentReportStoreContract, ForgetsWhoHasNotReportedForLong) {
  this->keep({this->report("a", 10), this->report("b", 20)});

  EXPECT_EQ(
      this->subject_.agents().forget_agents_before(this->at(20), Deadline::never(), {}).value(),
      1U);

  EXPECT_EQ(this->since(0), std::vector<AgentReport>{this->report("b", 20)});
  this->keep({this->report("a", 30)});
  EXPECT_EQ(this->since(0).size(), 2U) << "whoever comes back is known anew";
}

REGISTER_TYPED_TEST_SUITE_P(AgentReportStoreContract, KeepsTheNewestOfEachWhateverOrderTheyComeIn,
                            OneIdInTwoPlacesIsTwoAgents, PagesRepeatNothingAndLeaveOutNothing,
                            ForgetsWhoHasNotReportedForLong);

}  // namespace cordon
