#include "base/progress.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ProgressTest : public testing::Test {
 protected:
  /// What was written since the last call.
  std::string written() { return std::exchange(text_, ""); }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  std::string text_;
  std::function<void(std::string_view)> write_ = [this](std::string_view text) { text_ += text; };
};

TEST_F(ProgressTest, SaysNothingOfWhatIsDoneAtOnce) {
  for (const auto style : {ProgressLine::Style::terminal, ProgressLine::Style::lines}) {
    ProgressLine line(style, clock_, write_);
    line.tell("buckets", 1, 100);
    line.tell("buckets", 100, 100);

    EXPECT_EQ(written(), "");
  }
}

TEST_F(ProgressTest, RewritesOneLineOnATerminalAndTakesItAway) {
  ProgressLine line(ProgressLine::Style::terminal, clock_, write_);
  clock_.advance(seconds(2));
  line.tell("buckets", 1, 100);
  EXPECT_EQ(written(), "\r\x1b[K1 of 100 buckets");
  line.tell("buckets", 2, 100);
  EXPECT_EQ(written(), "");
  clock_.advance(milliseconds(200));
  line.tell("buckets", 3, 100);
  EXPECT_EQ(written(), "\r\x1b[K3 of 100 buckets");

  line.tell("buckets", 100, 100);

  EXPECT_EQ(written(), "\r\x1b[K");
  line.tell("buckets", 100, 100);
  EXPECT_EQ(written(), "");
}

TEST_F(ProgressTest, WritesALineNowAndThenElsewhere) {
  ProgressLine line(ProgressLine::Style::lines, clock_, write_);
  clock_.advance(seconds(2));
  line.tell("entries", 10, 1000);
  clock_.advance(seconds(4));
  line.tell("entries", 20, 1000);
  clock_.advance(seconds(1));
  line.tell("entries", 30, 1000);
  line.tell("entries", 1000, 1000);

  EXPECT_EQ(written(), "cordon: 10 of 1000 entries\ncordon: 30 of 1000 entries\n");
}

TEST_F(ProgressTest, CountsAndTellsTheEndAlsoOfWhatWasGivenUp) {
  std::string told;
  const ProgressListener listener = [&](std::string_view what, std::size_t done,
                                        std::size_t total) {
    told += std::string(what) + std::to_string(done) + "/" + std::to_string(total) + " ";
  };
  {
    ProgressCount count(listener, "b", 3);
    count.step();
  }
  EXPECT_EQ(told, "b1/3 b3/3 ");

  const ProgressListener nobody;
  ProgressCount(nobody, "b", 3).step();
}

}  // namespace
}  // namespace cordon
