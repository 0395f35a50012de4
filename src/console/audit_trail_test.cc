#include "console/audit_trail.h"

#include <gtest/gtest.h>

#include "testing/fake_people_store.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

class AuditTrailTest : public testing::Test {
 protected:
  Result<void> note(const std::string& target) {
    return trail_.note({.who = "person:ada", .target = target, .outcome = "done"},
                       Deadline::never(), {});
  }
  Result<void> note_limited() {
    return trail_.note_limited({.who = "nobody", .outcome = "refused"}, Deadline::never(), {});
  }

  SimulatedClock clock_;
  FakePeopleStore store_{clock_};
  std::string lines_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { lines_ += line; }};
  Metrics metrics_;
  AuditTrail trail_{store_, clock_, log_, metrics_};
};

TEST_F(AuditTrailTest, WritesTheRecordAndItsHashToTheLog) {
  ASSERT_TRUE(note("a\xFF" + std::string(5'000, 'x')));

  const AuditRecord record = store_.records().at(0);
  EXPECT_EQ(record.entry.target, audit_text("a\xFF" + std::string(5'000, 'x')));
  const std::string json = to_json(record);
  const std::string hash = json.substr(json.rfind("\"hash\":\"") + 8, 64);
  EXPECT_NE(lines_.find(hash), std::string::npos);
  EXPECT_NE(lines_.find("console.changed"), std::string::npos);
}

TEST_F(AuditTrailTest, WhatStrangersCauseIsLimitedAndCounted) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(note_limited());
  EXPECT_EQ(store_.records().size(), 60U);
  ASSERT_TRUE(note("what is done is always there"));
  EXPECT_NE(lines_.find("console.tried"), std::string::npos);
  EXPECT_EQ(store_.records().size(), 61U);

  clock_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(note_limited());
  ASSERT_TRUE(note_limited());

  EXPECT_EQ(store_.records().size(), 63U);
  EXPECT_EQ(store_.records().at(61).entry.detail, "40 more before it were left out");
  EXPECT_EQ(store_.records().at(62).entry.detail, "");
}

TEST_F(AuditTrailTest, WhatCouldNotBeWrittenIsInTheLogAtLeast) {
  std::stop_source stop;
  stop.request_stop();

  EXPECT_FALSE(
      trail_.note({.who = "person:ada", .target = "t7"}, Deadline::never(), stop.get_token()));

  EXPECT_NE(lines_.find("t7"), std::string::npos);
  EXPECT_NE(lines_.find("console.audit_failed"), std::string::npos);
  EXPECT_EQ(metrics_.value("cordon_console_audit_failures_total"), 1);
}

}  // namespace
}  // namespace cordon
