#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "core/ports/scanner.h"
#include "testing/fake_scanner.h"

namespace cordon {

/// What every Scanner owes its caller. A Subject sets one up:
///   Scanner& scanner();        ready to scan
///   std::string harmful();     content that it calls infected
///   const Clock& clock();
/// INSTANTIATE_TYPED_TEST_SUITE_P(Name, ScannerContract, NameSubject) joins.
template <typename Subject>
class ScannerContract : public testing::Test {
 protected:
  Result<ScanReport> scan(const std::string& bytes, Deadline deadline = Deadline::never(),
                          std::stop_token stop = {}) {
    return subject_.scanner().scan(content_of(bytes), bytes.size(), deadline, std::move(stop));
  }
  static std::string harmless() { return "Nothing to see here.\n"; }

  Subject subject_;
};

TYPED_TEST_SUITE_P(ScannerContract);

TYPED_TEST_P(ScannerContract, CallsHarmlessContentCleanAndSaysThatBytesWereScanned) {
  auto report = this->scan(this->harmless());

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->verdict.disposition, Disposition::clean);
  EXPECT_GT(report->verdict.bytes_scanned, 0U);
}

TYPED_TEST_P(ScannerContract, NamesWhatIsHarmful) {
  auto report = this->scan(this->subject_.harmful());

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->verdict.disposition, Disposition::infected);
  ASSERT_FALSE(report->verdict.virus_names.empty());
  EXPECT_FALSE(report->verdict.virus_names.front().empty());
}

TYPED_TEST_P(ScannerContract, SaysWhichEngineAndSignaturesScanned) {
  auto report = this->scan(this->harmless());

  ASSERT_TRUE(report);
  EXPECT_FALSE(report->version.engine.empty());
  EXPECT_FALSE(report->version.signatures.empty());
}

TYPED_TEST_P(ScannerContract, EveryVerdictIsConsistent) {
  for (const std::string& bytes :
       {std::string(), std::string("x"), this->harmless(), this->subject_.harmful()}) {
    auto report = this->scan(bytes);

    ASSERT_TRUE(report);
    EXPECT_TRUE(is_consistent(report->verdict));
  }
}

TYPED_TEST_P(ScannerContract, ScansFromTheStartWhereverTheOffsetIsAndLeavesItThere) {
  const std::string bytes = this->subject_.harmful();
  const UniqueFd content = content_of(bytes);
  ASSERT_EQ(::lseek(content.get(), 0, SEEK_END), static_cast<off_t>(bytes.size()));

  auto report = this->subject_.scanner().scan(content, bytes.size(), Deadline::never(), {});

  ASSERT_TRUE(report);
  EXPECT_EQ(report->verdict.disposition, Disposition::infected);
  EXPECT_EQ(::lseek(content.get(), 0, SEEK_CUR), static_cast<off_t>(bytes.size()));
}

TYPED_TEST_P(ScannerContract, ContentOfAnotherLengthIsNeverClean) {
  const std::string bytes = this->harmless();
  for (const std::uint64_t said : {bytes.size() - 1, bytes.size() + 1}) {
    auto report = this->subject_.scanner().scan(content_of(bytes), said, Deadline::never(), {});

    if (report) {
      EXPECT_NE(report->verdict.disposition, Disposition::clean);
    }
  }
}

TYPED_TEST_P(ScannerContract, AStoppedScanIsCancelledNotClean) {
  std::stop_source stop;
  stop.request_stop();

  auto report = this->scan(this->harmless(), Deadline::never(), stop.get_token());

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::cancelled);
}

TYPED_TEST_P(ScannerContract, AScanWithoutTimeIsATimeoutNotClean) {
  const Deadline past = Deadline::at(this->subject_.clock().steady_now());

  auto report = this->scan(this->harmless(), past);

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::timeout);
}

TYPED_TEST_P(ScannerContract, ServesManyThreads) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      const bool bad = i % 2 == 0;
      auto report = this->scan(bad ? this->subject_.harmful() : this->harmless());
      ASSERT_TRUE(report) << report.error().what;
      EXPECT_EQ(report->verdict.disposition, bad ? Disposition::infected : Disposition::clean);
    });
  }
}

REGISTER_TYPED_TEST_SUITE_P(ScannerContract, CallsHarmlessContentCleanAndSaysThatBytesWereScanned,
                            NamesWhatIsHarmful, SaysWhichEngineAndSignaturesScanned,
                            EveryVerdictIsConsistent,
                            ScansFromTheStartWhereverTheOffsetIsAndLeavesItThere,
                            ContentOfAnotherLengthIsNeverClean, AStoppedScanIsCancelledNotClean,
                            AScanWithoutTimeIsATimeoutNotClean, ServesManyThreads);

}  // namespace cordon
