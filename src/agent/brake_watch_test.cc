#include "agent/brake_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_object_store.h"
#include "testing/fake_quarantine_shelf.h"
#include "testing/fake_settings_store.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Phase = BrakeState::Phase;
using testing::Contains;
using testing::HasSubstr;

const BucketName kSystem("system");

/// One region's documents, and agents that come and go.
class BrakeWatchTest : public ::testing::Test {
 protected:
  class Agent {
   public:
    Agent(BrakeWatchTest& test, const std::string& name)
        : watch({.agent = name, .bucket = kSystem, .folder = "brake/r/"},
                {test.state, test.history, test.shelf, [&test] { return test.settings; },
                 test.clock, test.log, metrics}) {
      watch.begin({});
    }
    BrakeRuling find(const std::string& object, const std::string& name, const std::string& set) {
      HeldObject found{.object = {BucketName("b"), ObjectKey(object)}, .set = set};
      if (!name.empty()) found.names = {name};
      return watch.rule(found, true, {});
    }
    double holding() const { return metrics.value("cordon_brake_holding", {}); }

    Metrics metrics;
    BrakeWatch watch;
  };

  void SetUp() override { store.make_bucket(kSystem); }
  void pull(Agent& agent) {
    agent.watch.set_in_force("1");
    agent.watch.set_in_force("2");
    EXPECT_EQ(agent.find("one", "New", "2"), BrakeRuling::go_on);
    EXPECT_EQ(agent.find("two", "New", "2"), BrakeRuling::hold);
  }
  BrakeState stored() {
    const auto found = state.read({}, Deadline::never(), {});
    return found && *found ? parse_brake_state((*found)->document).value() : BrakeState{};
  }

  SimulatedClock clock{SimulatedClock::Mode::manual};
  Guarded<std::vector<std::string>> lines;
  Log log{LogLevel::info, clock, [this](std::string_view line) {
            lines.with([&](auto& all) { all.emplace_back(line); });
          }};
  FakeObjectStore store;
  FakeSettingsStore state;
  FakeSettingsStore history;
  FakeQuarantineShelf shelf{store};
  BrakeSettings settings{.infected_min = 2};
};

TEST_F(BrakeWatchTest, WhatOnePulledHoldsAll) {
  Agent one(*this, "one");
  Agent two(*this, "two");
  two.watch.set_in_force("1");
  EXPECT_EQ(two.find("a", "Old", "1"), BrakeRuling::go_on);

  pull(one);
  ASSERT_TRUE(two.watch.look({}));

  EXPECT_EQ(stored().agent, "one");
  EXPECT_EQ(two.find("b", "New", "1"), BrakeRuling::hold);
  EXPECT_EQ(two.find("c", "Old", "1"), BrakeRuling::go_on);
  EXPECT_EQ(two.holding(), 1);
}

TEST_F(BrakeWatchTest, HoldsAloneWhileThePlaceIsAwayAndTellsLater) {
  Agent one(*this, "one");
  state.fail_with({Errc::not_found, "no bucket"});

  pull(one);
  EXPECT_EQ(one.find("three", "New", "2"), BrakeRuling::hold);
  state.recover();
  ASSERT_TRUE(one.watch.look({}));

  EXPECT_EQ(stored().phase, Phase::holding);
  EXPECT_THAT(lines.with([](const auto& all) { return all; }),
              Contains(HasSubstr("brake.not_told")));
}

TEST_F(BrakeWatchTest, ABrokenDocumentChangesNothing) {
  Agent one(*this, "one");
  pull(one);
  const BrakeState before = one.watch.shared();

  for (const std::string& broken : {std::string("{"), std::string(1 << 19, '['), std::string()}) {
    state.put(broken);
    ASSERT_TRUE(one.watch.look({}));
    EXPECT_EQ(one.watch.shared(), before);
    EXPECT_EQ(one.find("n", "New", "2"), BrakeRuling::hold);
  }
  EXPECT_THAT(lines.with([](const auto& all) { return all; }),
              Contains(HasSubstr("brake.refused")));

  state.fail_with({Errc::invalid, "longer than 1 MiB"});
  EXPECT_TRUE(one.watch.look({}));
  EXPECT_EQ(one.find("o", "New", "2"), BrakeRuling::hold);
}

TEST_F(BrakeWatchTest, ADocumentThatSomebodyRemovedIsWrittenAnew) {
  Agent one(*this, "one");
  pull(one);
  const BrakeState before = stored();

  state.remove();
  ASSERT_TRUE(one.watch.look({}));

  EXPECT_EQ(stored(), before);
  EXPECT_EQ(one.holding(), 1);
}

TEST_F(BrakeWatchTest, ADecisionIsSeenBeforeAnythingIsHeld) {
  Agent one(*this, "one");
  pull(one);
  BrakeState decided = stored();
  decided.phase = Phase::confirmed;
  state.put(to_json(decided));

  EXPECT_EQ(one.find("three", "New", "2"), BrakeRuling::go_on);
  EXPECT_EQ(one.holding(), 0);
}

TEST_F(BrakeWatchTest, WhatWasRejectedStaysRejectedWhenTheBrakeIsPulledAgain) {
  Agent one(*this, "one");
  state.put(to_json(BrakeState{.phase = Phase::rejected, .set = "0", .ignored = {"Bad"}}));

  pull(one);

  EXPECT_EQ(stored().phase, Phase::holding);
  EXPECT_EQ(stored().ignored, std::set<std::string>{"Bad"});
  EXPECT_TRUE(one.watch.is_rejected({"Bad"}));
  EXPECT_FALSE(one.watch.is_rejected({"Bad", "New"}));
  EXPECT_FALSE(one.watch.is_rejected({}));
}

TEST_F(BrakeWatchTest, AnAgentThatStartsWithOtherSignaturesKnowsThatTheyAreNew) {
  {
    Agent old(*this, "old");
    old.watch.set_in_force("1");
    for (int i = 0; i < 100; ++i) (void)old.find(std::to_string(i), i % 2 == 0 ? "Old" : "", "1");
    old.watch.remember({});
  }
  Agent one(*this, "new");
  one.watch.set_in_force("2");

  EXPECT_EQ(one.find("x", "Old", "2"), BrakeRuling::go_on);
  EXPECT_EQ(one.find("y", "Old", "2"), BrakeRuling::go_on);
  EXPECT_EQ(one.find("one", "New", "2"), BrakeRuling::go_on);
  EXPECT_EQ(one.find("two", "New", "2"), BrakeRuling::go_on) << "half of all was so before";
}

TEST_F(BrakeWatchTest, AnAgentThatStartsWithOtherSignaturesPullsTheBrake) {
  {
    Agent old(*this, "old");
    old.watch.set_in_force("1");
    for (int i = 0; i < 100; ++i) (void)old.find(std::to_string(i), "", "1");
    old.watch.remember({});
  }
  Agent one(*this, "new");
  one.watch.set_in_force("2");

  EXPECT_EQ(one.find("one", "New", "2"), BrakeRuling::go_on);
  EXPECT_EQ(one.find("two", "New", "2"), BrakeRuling::hold);
}

TEST_F(BrakeWatchTest, NamesOfSeveralAgentsAreRememberedTogether) {
  Agent one(*this, "one");
  Agent two(*this, "two");
  one.watch.set_in_force("1");
  two.watch.set_in_force("1");
  (void)one.find("a", "A", "1");
  (void)two.find("b", "B", "1");

  one.watch.remember({});
  two.watch.remember({});
  one.watch.remember({});
  const int reads = history.transfers();
  two.watch.remember({});

  const auto both = parse_brake_history((*history.read({}, Deadline::never(), {}))->document);
  EXPECT_EQ(both->names, (std::set<std::string>{"A", "B"}));
  EXPECT_EQ(history.transfers(), reads + 1) << "only ours: nothing was written anew";
}

TEST_F(BrakeWatchTest, AHistoryThatIsNotUnderstoodIsNoneAndIsNotWrittenOver) {
  for (const char* foreign : {"[]", R"({"schema":"cordon.brake-history/2","names":["A"]})"}) {
    history.put(foreign);
    Agent one(*this, "one");
    one.watch.set_in_force("1");
    one.watch.remember({});
    one.watch.remember({});

    EXPECT_EQ((*history.read({}, Deadline::never(), {}))->document, foreign);

    history.remove();
    one.watch.remember({});
    EXPECT_EQ(parse_brake_history((*history.read({}, Deadline::never(), {}))->document)->set, "1");
  }
}

// It may hold what people decided, in words of a later version.
TEST_F(BrakeWatchTest, AStateThatIsNotUnderstoodIsNotWrittenOverByWhoPullsTheBrake) {
  for (const char* foreign : {"{", R"({"schema":"cordon.brake/2","state":"rejected"})"}) {
    state.put(foreign);
    Agent one(*this, "one");
    pull(one);
    ASSERT_TRUE(one.watch.look({}));

    EXPECT_EQ((*state.read({}, Deadline::never(), {}))->document, foreign);
    EXPECT_EQ(one.holding(), 1) << "it holds all the same";

    state.remove();
    ASSERT_TRUE(one.watch.look({}));
    EXPECT_EQ(stored().phase, Phase::holding);
  }
}

}  // namespace
}  // namespace cordon
