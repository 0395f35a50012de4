#pragma once

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/audit_log.h"

namespace cordon {

/// What every AuditLog owes its caller. A Subject sets up an empty one:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   AuditLog& audit();
template <typename Subject>
class AuditLogContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
  AuditLog& log() { return subject_.audit(); }
  static AuditEntry entry(const std::string& target) {
    return {.at = SystemTime(std::chrono::milliseconds(1'790'000'000'123)),
            .who = "person:ada",
            .action = "POST /api/v1/people",
            .target = target,
            .outcome = "done",
            .detail = std::string("\0'\xC3\xBC", 4)};
  }
  std::vector<AuditRecord> after(std::int64_t number, std::size_t count_max = 1'000) {
    return log().records_after(number, count_max, Deadline::never(), {}).value();
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(AuditLogContract);

TYPED_TEST_P(AuditLogContract, RecordsFollowEachOther) {
  const AuditRecord first = this->log().append(this->entry("a"), Deadline::never(), {}).value();
  const AuditRecord second = this->log().append(this->entry("b"), Deadline::never(), {}).value();

  EXPECT_EQ(first.entry, this->entry("a"));
  EXPECT_TRUE(follows(first, 0, audit_origin()));
  EXPECT_TRUE(follows(second, 1, first.hash));
  EXPECT_EQ(this->after(0), (std::vector<AuditRecord>{first, second}));
  EXPECT_EQ(this->after(1), (std::vector<AuditRecord>{second}));
  EXPECT_EQ(this->after(0, 1), (std::vector<AuditRecord>{first}));
  EXPECT_TRUE(this->after(2).empty());
}

TYPED_TEST_P(AuditLogContract, ShowsTheNewestFirstPageByPage) {
  std::vector<AuditRecord> all;
  for (const char* target : {"a", "b", "c"}) {
    all.push_back(this->log().append(this->entry(target), Deadline::never(), {}).value());
  }

  const auto first = this->log().newest_records({.rows_max = 2}, Deadline::never(), {}).value();
  ASSERT_TRUE(first.next);
  ASSERT_TRUE(this->log().append(this->entry("d"), Deadline::never(), {}));
  const auto second =
      this->log()
          .newest_records({.rows_max = 2, .after = first.next}, Deadline::never(), {})
          .value();

  EXPECT_EQ(first.rows, (std::vector<AuditRecord>{all[2], all[1]}));
  EXPECT_EQ(second.rows, (std::vector<AuditRecord>{all[0]}));
  EXPECT_FALSE(second.next);
}

TYPED_TEST_P(AuditLogContract, IsOneChainWhoeverWrites) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this] {
        for (int j = 0; j < 10; ++j) {
          EXPECT_TRUE(this->log().append(this->entry("x"), Deadline::never(), {}));
        }
      });
    }
  }
  std::int64_t number = 0;
  std::string hash = audit_origin();
  for (const AuditRecord& record : this->after(0)) {
    EXPECT_TRUE(follows(record, number, hash)) << number;
    number = record.number;
    hash = record.hash;
  }
  EXPECT_EQ(number, 40);
}

REGISTER_TYPED_TEST_SUITE_P(AuditLogContract, RecordsFollowEachOther, ShowsTheNewestFirstPageByPage,
                            IsOneChainWhoeverWrites);

}  // namespace cordon
