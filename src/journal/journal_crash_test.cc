// kill -9 and power cuts between any two calls to the disk, and in the middle of each: what was
// appended is delivered, by this process or by the next one.

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "journal/journal.h"
#include "testing/fake_journal_folder.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Payloads = std::vector<std::string>;

/// One life of a process: appends, and reads what is there. Remembers what outsiders saw.
class Life {
 public:
  Life(FakeJournalFolder& folder, Log& log) : folder_(folder), log_(log) {}

  /// False: it died on the way.
  bool run(const Payloads& payloads, std::size_t read_every) {
    Result<std::unique_ptr<Journal>> journal = Journal::open(
        folder_, {.name = "outbox", .readers = {"fast", "slow"}, .file_bytes_max = 60}, log_);
    if (!journal) return false;
    for (std::size_t i = 0; i < payloads.size() && !folder_.is_dead(); ++i) {
      if ((*journal)->append(payloads[i], Deadline::never(), {})) acknowledged.insert(payloads[i]);
      read(**journal, "fast", 100);
      if (i % read_every == 0) read(**journal, "slow", 2);
    }
    if (!folder_.is_dead()) damaged += (*journal)->damaged_parts();
    return !folder_.is_dead();
  }
  void read_all() {
    const std::unique_ptr<Journal> journal =
        Journal::open(folder_,
                      {.name = "outbox", .readers = {"fast", "slow"}, .file_bytes_max = 60}, log_)
            .value();
    for (const char* reader : {"fast", "slow"}) {
      while (read(*journal, reader, 3)) {
      }
      EXPECT_EQ(journal->depth(reader), 0U);
    }
    damaged += journal->damaged_parts();
  }

  std::set<std::string> acknowledged;
  std::map<std::string, std::vector<std::string>> delivered;  ///< By reader.
  std::uint64_t damaged = 0;

 private:
  bool read(Journal& journal, const std::string& reader, std::size_t count) {
    const Result<JournalPage> page = journal.read(journal.position(reader), count, 1000);
    if (!page || page->records.empty()) return false;
    for (const JournalRecord& record : page->records) {
      delivered[reader].push_back(record.payload);
    }
    journal.advance(reader, page->records.back().end, page->records.size());
    return true;
  }

  FakeJournalFolder& folder_;
  Log& log_;
};

Payloads some_payloads() {
  Payloads payloads;
  for (int i = 0; i < 12; ++i) payloads.push_back("result " + std::to_string(i));
  return payloads;
}

class CrashTest : public testing::Test {
 protected:
  /// Every crash of one kind; `crash` makes of the folder what the next process finds.
  template <typename Crash>
  void crash_everywhere(bool dies_half_way, Crash crash) {
    for (std::size_t call = 0;; ++call) {
      SCOPED_TRACE("dies at call " + std::to_string(call));
      FakeJournalFolder folder;
      folder.dies_half_way = dies_half_way;
      folder.die_at(call);
      Life life(folder, log_);
      const bool is_survivor = life.run(some_payloads(), 3);
      crash(folder);
      life.read_all();

      for (const std::string& payload : life.acknowledged) {
        for (const char* reader : {"fast", "slow"}) {
          const auto& got = life.delivered[reader];
          EXPECT_NE(std::find(got.begin(), got.end(), payload), got.end())
              << payload << " never reached " << reader;
        }
      }
      EXPECT_EQ(life.damaged, 0U) << "a crash is no damage";
      if (is_survivor) return;
    }
  }

  SimulatedClock clock_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
};

TEST_F(CrashTest, OfTheProcessLosesNothing) {
  for (const bool dies_half_way : {false, true}) {
    crash_everywhere(dies_half_way, [](FakeJournalFolder& folder) { folder.restart(); });
  }
}

TEST_F(CrashTest, OfTheMachineLosesNothing) {
  for (const double share_kept : {0.0, 0.3, 0.9, 1.0}) {
    SCOPED_TRACE(share_kept);
    crash_everywhere(true, [=](FakeJournalFolder& folder) { folder.lose_power(share_kept); });
  }
}

TEST_F(CrashTest, OfTheProcessRepeatsNoMoreThanOnePage) {
  for (std::size_t call = 0; call < 60; ++call) {
    FakeJournalFolder folder;
    folder.die_at(call);
    Life life(folder, log_);
    life.run(some_payloads(), 3);
    folder.restart();
    life.read_all();

    std::vector<std::string> got = life.delivered["fast"];
    std::sort(got.begin(), got.end());
    const auto distinct = std::unique(got.begin(), got.end()) - got.begin();
    EXPECT_LE(got.size() - static_cast<std::size_t>(distinct), 1U) << "dies at call " << call;
  }
}

// Several lives, each of which dies somewhere.
RC_GTEST_PROP(CrashProperty, ManyCrashesLoseNothing, ()) {
  SimulatedClock clock;
  Log log(LogLevel::off, clock, [](std::string_view) {});
  FakeJournalFolder folder;
  folder.dies_half_way = *rc::gen::arbitrary<bool>();
  Life life(folder, log);
  const auto lives = *rc::gen::inRange(1, 6);
  for (int i = 0; i < lives; ++i) {
    folder.die_at(folder.calls() + *rc::gen::inRange<std::size_t>(0, 80));
    Payloads payloads = some_payloads();
    for (std::string& payload : payloads) payload += " of life " + std::to_string(i);
    life.run(payloads, *rc::gen::inRange<std::size_t>(1, 5));
    if (*rc::gen::arbitrary<bool>()) {
      folder.restart();
    } else {
      folder.lose_power(static_cast<double>(*rc::gen::inRange(0, 11)) / 10.0);
    }
  }

  life.read_all();

  for (const std::string& payload : life.acknowledged) {
    for (const char* reader : {"fast", "slow"}) {
      const auto& got = life.delivered[reader];
      RC_ASSERT(std::find(got.begin(), got.end(), payload) != got.end());
    }
  }
}

}  // namespace
}  // namespace cordon
