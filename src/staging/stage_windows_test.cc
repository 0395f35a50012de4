// Objects that are larger than the whole spool, with windows of a few hundred bytes.
#include "staging/stage.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "testing/fake_object_store.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;

constexpr WindowSizes kWindows{.bytes = 1000, .overlap_bytes = 100};

std::string pattern(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (i * i / 7) % 26);
  return text;
}

/// The stage alone: what comes out of it, in order.
class PassWindowsTest : public testing::Test {
 protected:
  void SetUp() override { store_.make_bucket(kBucket); }

  Stage stage() {
    return Stage({.spool_directory = "/tmp", .memory_bytes_max = 10, .windows = kWindows}, store_,
                 budget_, clock_, random_);
  }
  ObjectHead put(const std::string& content) {
    store_.put(kBucket, kObject.key, content);
    return store_.head(kObject, Deadline::never(), {}).value();
  }
  Result<Passed> pass(const ObjectHead& head) {
    pieces_.clear();
    return stage().pass_windows(
        kObject, head,
        [this](const UniqueFd& content, const Window& window) -> Result<bool> {
          std::string text(window.bytes, '\0');
          EXPECT_EQ(::pread(content.get(), text.data(), text.size(), 0),
                    static_cast<ssize_t>(text.size()));
          pieces_.emplace_back(window, text);
          EXPECT_EQ(budget_.bytes_held(), kWindows.bytes);
          return pieces_.size() < stop_after_;
        },
        Deadline::never(), {});
  }

  const BucketName kBucket{"b"};
  const ObjectRef kObject{kBucket, ObjectKey("k")};
  FakeObjectStore store_;
  SpoolBudget budget_{1500};
  SimulatedClock clock_;
  SeededRandom random_;
  std::size_t stop_after_ = 1000;
  std::vector<std::pair<Window, std::string>> pieces_;
};

TEST_F(PassWindowsTest, EachWindowHoldsItsBytesAndTheWholeIsHashed) {
  for (const std::size_t bytes : {1501, 1900, 1901, 2799, 2800, 10'000}) {
    SCOPED_TRACE(bytes);
    const std::string content = pattern(bytes);

    const Result<Passed> passed = pass(put(content));

    ASSERT_TRUE(passed) << passed.error().what;
    EXPECT_EQ(std::get<PassedContent>(*passed).sha256, hex(sha256(content)));
    ASSERT_TRUE(pieces_.back().first.is_last());
    for (const auto& [window, text] : pieces_) {
      EXPECT_TRUE(text == content.substr(window.offset, window.bytes)) << window.offset;
    }
    EXPECT_EQ(budget_.bytes_held(), 0U);
  }
}

TEST_F(PassWindowsTest, GoesOnWhereATransferWasCut) {
  const std::string content = pattern(5'000);
  const ObjectHead head = put(content);
  for (const std::size_t bytes : {10, 0, 700, 500}) store_.cut_next_read(bytes);

  const Result<Passed> passed = pass(head);

  ASSERT_TRUE(passed) << passed.error().what;
  EXPECT_EQ(std::get<PassedContent>(*passed).sha256, hex(sha256(content)));
}

TEST_F(PassWindowsTest, TakesNoPartOfAnotherObject) {
  const ObjectHead head = put(pattern(5'000));
  store_.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (call == Call::read && store_.calls(Call::read) == 3) put(std::string(5'000, 'x'));
    return std::nullopt;
  });

  EXPECT_EQ(pass(head).error().code, Errc::changed);
}

TEST_F(PassWindowsTest, WhatIsNotWantedAnyMoreIsHashedAllTheSame) {
  const std::string content = pattern(5'000);
  stop_after_ = 2;

  const Result<Passed> passed = pass(put(content));

  ASSERT_TRUE(passed);
  EXPECT_EQ(pieces_.size(), 2U);
  EXPECT_EQ(std::get<PassedContent>(*passed).sha256, hex(sha256(content)));
}

TEST_F(PassWindowsTest, AWrongChecksumIsTriedAgainAndThenAVerdict) {
  ObjectHead head = put(pattern(5'000));
  head.checksum = {ObjectChecksum::Algorithm::sha256, "AAAA"};

  const Result<Passed> passed = pass(head);

  ASSERT_TRUE(passed);
  EXPECT_EQ(std::get<Verdict>(*passed).reason, Reason::integrity);
  EXPECT_EQ(pieces_.size(), 12U) << "six windows, twice";
}

TEST_F(PassWindowsTest, ASpoolWithoutRoomForAWindowIsNamed) {
  SpoolBudget small(999);
  Stage stage({.spool_directory = "/tmp", .memory_bytes_max = 10, .windows = kWindows}, store_,
              small, clock_, random_);
  const ObjectHead head = put(pattern(5'000));

  const Result<Passed> passed = stage.pass_windows(
      kObject, head, [](const UniqueFd&, const Window&) -> Result<bool> { return true; },
      Deadline::never(), {});

  ASSERT_TRUE(passed);
  EXPECT_EQ(std::get<Verdict>(*passed).reason, Reason::staging);
}

}  // namespace
}  // namespace cordon
