// Objects that are larger than the whole spool, with windows of a few hundred bytes.
#include "agent/windowed_scan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>

#include "agent/scan_file.h"
#include "agent/world.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;

constexpr WindowSizes kWindows{.bytes = 1000, .overlap_bytes = 100};
const std::string kHarm = FakeScanner::kHarmful;

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

/// The whole path of an object.
struct SmallSpool {
  explicit SmallSpool(std::optional<SealKeyRing> keys = std::nullopt)
      : world(FakeObjectStore::Versions::on, 5, std::move(keys)) {}

  World world;
  SpoolBudget budget{1500};
  Stage stage{{.spool_directory = "/tmp", .memory_bytes_max = 10, .windows = kWindows},
              world.store,
              budget,
              world.stage_clock,
              world.random};
  ObjectOutcome carry(const ObjectEvent& event, int attempt = 1) {
    PipelinePorts ports{
        world.store,   world.buckets, world.scanner,
        stage,         {&world.sink}, [this](const auto&, const auto&) { return world.policy; },
        world.clock,   world.random,  world.log,
        world.metrics, world.observer};
    PipelineOptions options = world.pipeline_options;
    options.seal_keys = world.seal_keys;
    return Pipeline(options, ports)
        .carry(event, {.attempt = attempt, .sent_at = world.clock.system_now()}, Deadline::never(),
               {});
  }
};

RC_GTEST_PROP(WindowedScan, WhatFitsTheOverlapIsFoundWhereverItLies, ()) {
  SmallSpool small;
  const auto size = *rc::gen::inRange<std::size_t>(1501, 6000);
  const auto at = *rc::gen::inRange<std::size_t>(0, size - kHarm.size() + 1);
  std::string content = pattern(size);
  content.replace(at, kHarm.size(), kHarm);

  const ObjectOutcome outcome = small.carry(small.world.upload("k", content));

  RC_ASSERT(outcome.result.has_value());
  RC_ASSERT(outcome.result->verdict.disposition == Disposition::infected);
  RC_ASSERT(outcome.result->sha256 == hex(sha256(content)));
}

TEST(WindowedScan, AnObjectWhoseWindowsAreAllCleanIsCleanAndSaysWhatWasScanned) {
  SmallSpool small;
  const std::string content = pattern(5'000);

  const ObjectOutcome outcome = small.carry(small.world.upload("k", content));

  ASSERT_TRUE(outcome.result) << outcome.why;
  EXPECT_EQ(outcome.result->verdict, clean_verdict(5'000));
  EXPECT_EQ(outcome.result->sha256, hex(sha256(content)));
  EXPECT_EQ(outcome.result->engine, "Fake 1.0");
  EXPECT_EQ(small.world.verdict_tag(kUploads, "k"), "Clean");
  EXPECT_EQ(small.world.scanner.windows().size(), 6U);
}

TEST(WindowedScan, OneWindowThatIsNotCleanDecides) {
  const std::pair<const char*, Verdict> kVerdicts[] = {
      {"Unscannable", unscannable_verdict(Reason::too_large, "an archive")},
      {"Error", error_verdict(Reason::staging, "no space")},
      {"Suspicious", {.disposition = Disposition::suspicious, .virus_names = {"PUA.X"}}},
  };
  for (const auto& [tag, verdict] : kVerdicts) {
    SmallSpool small;
    small.world.scanner.answer_next(clean_verdict(1000));
    small.world.scanner.answer_next(verdict);

    small.carry(small.world.upload("k", pattern(5'000)));

    EXPECT_EQ(small.world.verdict_tag(kUploads, "k"), tag);
    EXPECT_EQ(small.world.scanner.windows().size(), 6U) << "something worse may follow";
  }
}

TEST(WindowedScan, NoFailureOfAWindowEndsInClean) {
  const std::pair<const char*, Result<Verdict>> kFailures[] = {
      {"(none)", Error{Errc::unavailable, "no worker"}},
      {"(none)", Error{Errc::cancelled, "stopped"}},
      {"Unscannable", Error{Errc::worker_died, "crash"}},
      {"Unscannable", clean_verdict(0)},
  };
  for (const auto& [tag, answer] : kFailures) {
    SmallSpool small;
    small.world.scanner.answer_next(clean_verdict(1000));
    small.world.scanner.answer_next(answer);

    small.carry(small.world.upload("k", pattern(5'000)),
                small.world.pipeline_options.poison_receives);

    EXPECT_NE(small.world.verdict_tag(kUploads, "k"), "Clean");
    EXPECT_EQ(small.world.verdict_tag(kUploads, "k"), tag);
  }
}

TEST(WindowedScan, ASealThatHoldsSparesTheEngineAndNoOtherDoes) {
  SmallSpool small(SealKeyRing::parse("k1 " + std::string(64, '1')).value());
  const std::string content = pattern(5'000);
  ASSERT_TRUE(small.carry(small.world.upload("k", content)).result);
  const TagSet sealed = small.world.tags(kUploads, "k");
  ASSERT_EQ(small.world.scanner.scans(), 6U);

  const ObjectOutcome copy = small.carry(small.world.upload("copy", content, sealed));
  const ObjectOutcome forged = small.carry(small.world.upload("forged", content + kHarm, sealed));

  ASSERT_TRUE(copy.result && forged.result);
  EXPECT_TRUE(copy.result->skipped);
  EXPECT_EQ(copy.result->verdict.disposition, Disposition::clean);
  EXPECT_EQ(copy.result->sha256, hex(sha256(content)));
  EXPECT_FALSE(forged.result->skipped);
  EXPECT_EQ(forged.result->verdict.disposition, Disposition::infected);
  EXPECT_EQ(small.world.scanner.scans(), 12U);
}

class LargeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/cordon-large-file-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Result<ScanResult> scan(const std::string& content) {
    std::ofstream(directory_ / "f") << content;
    return scan_file(
        directory_ / "f",
        {.stage = {.spool_directory = directory_, .memory_bytes_max = 10, .windows = kWindows},
         .spool_bytes_max = 1500},
        scanner_, clock_, random_, Deadline::never(), {});
  }

  std::filesystem::path directory_;
  SimulatedClock clock_;
  SeededRandom random_;
  FakeScanner scanner_{clock_};
};

TEST_F(LargeFileTest, AFileGoesTheSameWay) {
  const std::string content = pattern(5'000);

  const Result<ScanResult> clean = scan(content);
  const Result<ScanResult> infected = scan(content + kHarm + content);

  ASSERT_TRUE(clean && infected);
  EXPECT_EQ(clean->verdict, clean_verdict(5'000));
  EXPECT_EQ(clean->sha256, hex(sha256(content)));
  EXPECT_EQ(infected->verdict.disposition, Disposition::infected);
  EXPECT_EQ(infected->sha256, hex(sha256(content + kHarm + content)));
}

}  // namespace
}  // namespace cordon
