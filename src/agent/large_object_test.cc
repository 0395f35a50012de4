// The path of objects that are larger than the whole spool, with windows of a few hundred bytes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "testing/agent_world.h"

namespace cordon {
namespace {

constexpr WindowSizes kWindows{.bytes = 1000, .overlap_bytes = 100};
const std::string kHarm = FakeScanner::kHarmful;

std::string pattern(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + (i * i / 7) % 26);
  return text;
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
    PipelinePorts ports{world.store,
                        world.catalogue,
                        world.buckets,
                        world.scanner,
                        stage,
                        world.sink,
                        [this](const auto&, const auto&) { return world.policy; },
                        world.clock,
                        world.random,
                        world.log,
                        world.metrics,
                        world.observer};
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

}  // namespace
}  // namespace cordon
