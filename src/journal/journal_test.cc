#include "journal/journal.h"

#include <condition_variable>
#include <latch>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_journal_folder.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kFirst = "0000000000000001.journal";
const std::string kSecond = "0000000000000002.journal";

class JournalTest : public testing::Test {
 protected:
  void open(JournalOptions options = {.name = "outbox", .readers = {"a", "b"}}) {
    journal_.reset();
    journal_ = Journal::open(folder_, std::move(options), log_).value();
  }
  Result<JournalPosition> append(const std::string& payload) {
    return journal_->append(payload, Deadline::never(), {});
  }
  /// Everything behind a position, read in pages.
  std::vector<std::string> from(JournalPosition position, std::size_t page_records = 100) {
    std::vector<std::string> payloads;
    for (;;) {
      const JournalPage page = journal_->read(position, page_records, 1 << 20).value();
      for (const JournalRecord& record : page.records) payloads.push_back(record.payload);
      if (page.next == position) return payloads;
      position = page.next;
    }
  }
  std::vector<std::string> left(const std::string& reader) {
    return from(journal_->position(reader));
  }
  /// The reader is done with so many records.
  void pass(const std::string& reader, std::size_t records) {
    const JournalPage page = journal_->read(journal_->position(reader), records, 1 << 20).value();
    journal_->advance(reader, page.records.back().end, page.records.size());
  }

  SimulatedClock clock_;
  std::string logged_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { logged_ += line; }};
  FakeJournalFolder folder_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, ARecordIsReadWhereItWasAppended) {
  open();
  const std::vector<std::string> payloads = {"1", "", std::string(3000, 'x')};
  std::vector<JournalPosition> ends;
  for (const std::string& payload : payloads) ends.push_back(append(payload).value());

  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const std::uint64_t bytes = record_bytes(payloads[i].size());
    const JournalPosition begin{ends[i].file, ends[i].offset - bytes};
    EXPECT_EQ(journal_->record_at(begin, bytes).value(), payloads[i]);
  }
  folder_.content(kFirst)[kRecordHeadBytes] ^= 1;
  EXPECT_EQ(journal_->record_at({1, 0}, record_bytes(1)).error().code, Errc::not_found);
  EXPECT_EQ(journal_->damaged_parts(), 1U);
}

TEST_F(JournalTest, EachReaderGetsEverythingInOrder) {
  open();
  for (const char* payload : {"1", "", "3"}) ASSERT_TRUE(append(payload));

  EXPECT_THAT(left("a"), ElementsAre("1", "", "3"));
  EXPECT_THAT(from(journal_->position("b"), 1), ElementsAre("1", "", "3"));
  EXPECT_EQ(journal_->depth("a"), 3U);
}

TEST_F(JournalTest, AfterARestartEachReaderGoesOnWhereItWas) {
  open();
  for (const char* payload : {"1", "2", "3"}) ASSERT_TRUE(append(payload));
  pass("a", 2);

  open();

  EXPECT_THAT(left("a"), ElementsAre("3"));
  EXPECT_THAT(left("b"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(journal_->depth("a"), 1U);
  EXPECT_EQ(journal_->depth("b"), 3U);
}

TEST_F(JournalTest, WhatAllHavePassedIsRemoved) {
  open({.name = "outbox", .readers = {"a", "b"}, .file_bytes_max = 1});
  for (const char* payload : {"1", "2", "3"}) ASSERT_TRUE(append(payload));
  const std::uint64_t bytes = journal_->bytes();

  pass("a", 2);
  EXPECT_TRUE(folder_.contains(kFirst));
  EXPECT_EQ(journal_->bytes(), bytes);

  pass("b", 1);
  EXPECT_FALSE(folder_.contains(kFirst));
  EXPECT_TRUE(folder_.contains(kSecond));
  EXPECT_EQ(journal_->bytes(), bytes * 2 / 3);
  EXPECT_THAT(left("a"), ElementsAre("3"));
  EXPECT_THAT(left("b"), ElementsAre("2", "3"));
}

TEST_F(JournalTest, NumbersAreNeverUsedAgain) {
  open();
  ASSERT_TRUE(append("1"));
  pass("a", 1);
  pass("b", 1);
  journal_->tidy();
  ASSERT_FALSE(folder_.contains(kFirst));

  open();
  ASSERT_TRUE(append("2"));

  EXPECT_THAT(left("a"), ElementsAre("2"));
  EXPECT_TRUE(folder_.contains(kSecond));
}

TEST_F(JournalTest, ATidyJournalKeepsWhatIsNotPassed) {
  open();
  ASSERT_TRUE(append("1"));
  pass("a", 1);

  journal_->tidy();

  EXPECT_THAT(left("b"), ElementsAre("1"));
}

TEST_F(JournalTest, APositionThatIsLostMeansOnceMore) {
  open();
  for (const char* payload : {"1", "2"}) ASSERT_TRUE(append(payload));
  pass("a", 1);
  for (const std::string& wrong :
       {std::string(), std::string("junk"), encode_position({1, 3}), encode_position({1, 1000}),
        encode_position({0, 0}), encode_position({UINT64_MAX, 1})}) {
    folder_.content("a.position") = wrong;

    open();

    EXPECT_THAT(left("a"), ElementsAre("1", "2"));
    EXPECT_EQ(journal_->depth("a"), 2U);
  }
}

TEST_F(JournalTest, ANewReaderGetsWhatIsThere) {
  open({.name = "outbox", .readers = {"a"}});
  ASSERT_TRUE(append("1"));

  open({.name = "outbox", .readers = {"a", "new"}});

  EXPECT_THAT(left("new"), ElementsAre("1"));
}

TEST_F(JournalTest, IsNeverLargerThanItMayBe) {
  const std::uint64_t record = kRecordHeadBytes + 1;
  open({.name = "outbox", .readers = {"a", "b"}, .bytes_max = 2 * record, .file_bytes_max = 1});
  ASSERT_TRUE(append("1"));
  ASSERT_TRUE(append("2"));

  const Result<JournalPosition> third = append("3");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::unavailable);
  EXPECT_THAT(third.error().what, HasSubstr("full"));

  pass("a", 1);
  pass("b", 1);
  EXPECT_TRUE(append("4"));
  EXPECT_THAT(left("b"), ElementsAre("2", "4"));
}

TEST_F(JournalTest, IsNotFullOfWhatAllHaveRead) {
  const std::uint64_t record = kRecordHeadBytes + 1;
  open({.name = "outbox", .readers = {"a", "b"}, .bytes_max = 2 * record});
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(append("1")) << i;
    ASSERT_TRUE(append("2")) << i;
    ASSERT_FALSE(append("3"));
    pass("a", 2);
    ASSERT_FALSE(append("3")) << "one reader has not passed it";
    pass("b", 2);
  }
}

TEST_F(JournalTest, RefusesWhatIsTooLong) {
  open();

  EXPECT_EQ(append(std::string(kRecordPayloadBytesMax + 1, 'x')).error().code, Errc::invalid);
  EXPECT_TRUE(append(std::string(kRecordPayloadBytesMax, 'x')));
  EXPECT_TRUE(append("next"));
  EXPECT_EQ(left("a").size(), 2U);
}

TEST_F(JournalTest, AFullDiskTakesNothingAndLeavesNothing) {
  open();
  ASSERT_TRUE(append("1"));
  folder_.room = folder_.files()->at(kFirst) + kRecordHeadBytes;

  EXPECT_EQ(append("22").error().code, Errc::unavailable);
  EXPECT_EQ(append("33").error().code, Errc::unavailable);
  EXPECT_THAT(left("a"), ElementsAre("1"));
  EXPECT_FALSE(folder_.contains(kSecond));

  folder_.room = SIZE_MAX;
  EXPECT_TRUE(append("4"));
  EXPECT_THAT(left("a"), ElementsAre("1", "4"));
  open();
  EXPECT_THAT(left("a"), ElementsAre("1", "4"));
}

TEST_F(JournalTest, WhatASyncFailedOnIsNotThere) {
  open();
  ASSERT_TRUE(append("1"));
  folder_.fail_sync = Error{Errc::unavailable, "input/output error"};

  EXPECT_FALSE(append("2"));
  EXPECT_THAT(left("a"), ElementsAre("1"));

  folder_.fail_sync.reset();
  ASSERT_TRUE(append("3"));
  open();
  EXPECT_THAT(left("a"), ElementsAre("1", "3"));
  EXPECT_EQ(journal_->damaged_parts(), 0U);
}

TEST_F(JournalTest, ACutTailIsDroppedAndNoDamage) {
  open();
  for (const char* payload : {"1", "2"}) ASSERT_TRUE(append(payload));
  const std::string whole = folder_.content(kFirst);
  for (std::size_t bytes = kRecordHeadBytes + 1; bytes < whole.size(); ++bytes) {
    folder_.content(kFirst) = whole.substr(0, bytes);

    open();

    EXPECT_THAT(left("a"), ElementsAre("1"));
    EXPECT_EQ(journal_->damaged_parts(), 0U);
  }
  // Nor later, when other files came behind it.
  ASSERT_TRUE(append("3"));
  open();
  EXPECT_THAT(left("a"), ElementsAre("1", "3"));
  EXPECT_EQ(journal_->damaged_parts(), 0U);
}

TEST_F(JournalTest, DamageInFrontOfOthersIsToldAndKept) {
  open();
  for (const char* payload : {"1", "2", "3"}) ASSERT_TRUE(append(payload));
  const std::size_t record = kRecordHeadBytes + 1;
  folder_.content(kFirst)[record + record / 2] ^= 1;
  const std::string damaged = folder_.content(kFirst).substr(record, record);

  open();

  EXPECT_THAT(left("a"), ElementsAre("1", "3"));
  EXPECT_EQ(journal_->damaged_parts(), 1U);
  EXPECT_EQ(folder_.content("damaged"), damaged);
  EXPECT_THAT(logged_, HasSubstr("outbox.damaged"));
}

TEST_F(JournalTest, DamageWhileItRunsHoldsNothingUp) {
  open({.name = "outbox", .readers = {"a"}, .file_bytes_max = 1});
  for (const char* payload : {"1", "2"}) ASSERT_TRUE(append(payload));
  folder_.content(kFirst).assign(kRecordHeadBytes + 1, '\0');

  EXPECT_THAT(left("a"), ElementsAre("2"));
  EXPECT_EQ(journal_->damaged_parts(), 1U);
}

TEST_F(JournalTest, IsReadInPiecesWhateverTheSizesAre) {
  open();
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < 40; ++i) {
    payloads.emplace_back((i * 37'813) % kRecordPayloadBytesMax, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(append(payloads.back()));
  }

  EXPECT_EQ(left("a"), payloads);
  open();
  EXPECT_EQ(left("b"), payloads);
  EXPECT_EQ(journal_->depth("b"), payloads.size());
}

TEST_F(JournalTest, FilesOfOthersAreLeftAlone) {
  for (const char* name : {"notes.txt", "1.journal", "zzzzzzzzzzzzzzzz.journal"}) {
    ASSERT_TRUE(folder_.append(name, "x"));
  }

  open();
  ASSERT_TRUE(append("1"));

  EXPECT_THAT(left("a"), ElementsAre("1"));
  EXPECT_EQ(folder_.content("notes.txt"), "x");
}

TEST_F(JournalTest, AStoppedAppendIsCancelled) {
  open();
  std::stop_source stop;
  stop.request_stop();

  const Result<JournalPosition> appended =
      journal_->append("1", Deadline::never(), stop.get_token());

  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, Errc::cancelled);
  EXPECT_THAT(left("a"), IsEmpty());
}

TEST_F(JournalTest, AReaderIsWokenByARecordAndByEitherStop) {
  open();
  std::stop_source stop;
  std::stop_source ending;
  bool woken = false;
  {
    std::jthread reader([&] { woken = journal_->await({}, stop.get_token(), ending.get_token()); });
    ASSERT_TRUE(append("1"));
  }
  EXPECT_TRUE(woken);
  const JournalPosition end = journal_->read({}, 10, 10).value().next;
  for (std::stop_source* one : {&ending, &stop}) {
    std::jthread reader(
        [&] { woken = journal_->await(end, stop.get_token(), ending.get_token()); });
    one->request_stop();
    reader.join();
    EXPECT_FALSE(woken);
  }
}

/// A folder whose syncs a test holds.
class HeldFolder final : public JournalFolder {
 public:
  Result<std::map<std::string, std::uint64_t>> files() override { return inner_.files(); }
  Result<void> append(const std::string& name, std::string_view bytes) override {
    return inner_.append(name, bytes);
  }
  Result<void> sync(const std::string& name) override {
    std::unique_lock lock(mutex_);
    ++syncs_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return allowed_ > 0; });
    --allowed_;
    return inner_.sync(name);
  }
  Result<std::string> read(const std::string& name, std::uint64_t offset,
                           std::size_t bytes_max) override {
    return inner_.read(name, offset, bytes_max);
  }
  Result<void> cut(const std::string& name, std::uint64_t bytes) override {
    return inner_.cut(name, bytes);
  }
  Result<void> replace(const std::string& name, std::string_view bytes) override {
    return inner_.replace(name, bytes);
  }
  Result<void> remove(const std::string& name) override { return inner_.remove(name); }

  void until_syncing(int syncs) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return syncs_ >= syncs; });
  }
  void allow(int syncs) {
    std::lock_guard lock(mutex_);
    allowed_ += syncs;
    changed_.notify_all();
  }
  int syncs() {
    std::lock_guard lock(mutex_);
    return syncs_;
  }

 private:
  FakeJournalFolder inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int syncs_ = 0;
  int allowed_ = 0;
};

class GroupCommitTest : public testing::Test {
 protected:
  std::size_t records_there() { return journal_->read({}, 1000, 1 << 20).value().records.size(); }

  SimulatedClock clock_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
  HeldFolder folder_;
  std::unique_ptr<Journal> journal_ =
      Journal::open(folder_, {.name = "outbox", .readers = {"a"}}, log_).value();
};

TEST_F(GroupCommitTest, WhoWaitsForADiskThatIsBusySharesTheNextSync) {
  constexpr int kSlots = 30;
  std::jthread first([this] { EXPECT_TRUE(journal_->append("0", Deadline::never(), {})); });
  folder_.until_syncing(1);
  std::vector<std::jthread> others;
  std::latch begun(kSlots);
  for (int i = 0; i < kSlots; ++i) {
    others.emplace_back([this, &begun] {
      begun.count_down();
      EXPECT_TRUE(journal_->append("x", Deadline::never(), {}));
    });
  }
  begun.wait();
  EXPECT_EQ(records_there(), 0U) << "nothing is there before it is durable";

  folder_.allow(kSlots + 1);
  first.join();
  others.clear();

  EXPECT_EQ(records_there(), std::size_t{kSlots} + 1);
  EXPECT_LE(folder_.syncs(), kSlots);
}

TEST_F(GroupCommitTest, AWaitingSlotCanBeStopped) {
  std::stop_source stop;
  std::jthread first([this] { EXPECT_TRUE(journal_->append("first", Deadline::never(), {})); });
  folder_.until_syncing(1);
  std::optional<Result<JournalPosition>> second;
  std::jthread slot(
      [&] { second = journal_->append("second", Deadline::never(), stop.get_token()); });

  stop.request_stop();
  slot.join();
  folder_.allow(1);
  first.join();

  EXPECT_EQ(second->error().code, Errc::cancelled);
  EXPECT_EQ(records_there(), 1U);
}

}  // namespace
}  // namespace cordon
