#include "brake/brake_watch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_document_store.h"
#include "testing/fake_object_store.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Phase = BrakeState::Phase;

const BucketName kSystem("system");
constexpr std::chrono::hours kYears{24 * 365 * 5};

/// One region's documents, and agents that come and go.
class BrakeWatchTest : public ::testing::Test {
 protected:
  class Agent {
   public:
    Agent(BrakeWatchTest& test, const std::string& name)
        : watch({.agent = name, .bucket = kSystem, .folder = "brake/r/"},
                {test.pulled, test.decisions, test.history, test.catalogue,
                 [&test] { return test.settings; }, test.clock, test.log, metrics}) {
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
  std::optional<BrakePull> told() {
    const auto found = pulled.read({}, Deadline::never(), {});
    if (!found || !*found) return std::nullopt;
    return parse_brake_pull((*found)->document).value();
  }
  /// What somebody decides about what was told.
  BrakeState decide(Phase phase) {
    BrakeState decided = state_of(told(), {});
    decided.phase = phase;
    decisions.put(to_json(decided));
    return decided;
  }
  bool is_logged(const char* what) {
    return lines.with([&](const auto& all) {
      return std::any_of(all.begin(), all.end(), [&](const std::string& line) {
        return line.find(what) != std::string::npos;
      });
    });
  }

  SimulatedClock clock{SimulatedClock::Mode::manual};
  Guarded<std::vector<std::string>> lines;
  Log log{LogLevel::info, clock, [this](std::string_view line) {
            lines.with([&](auto& all) { all.emplace_back(line); });
          }};
  FakeObjectStore store;
  FakeDocumentStore pulled;
  FakeDocumentStore decisions;
  FakeDocumentStore history;
  FakeBucketCatalogue catalogue{store};
  BrakeSettings settings{.infected_min = 2};
};

TEST_F(BrakeWatchTest, WhatOnePulledHoldsAll) {
  Agent one(*this, "one");
  Agent two(*this, "two");
  two.watch.set_in_force("1");
  EXPECT_EQ(two.find("a", "Old", "1"), BrakeRuling::go_on);

  pull(one);
  ASSERT_TRUE(two.watch.look({}));

  EXPECT_EQ(told()->agent, "one");
  EXPECT_EQ(two.find("b", "New", "1"), BrakeRuling::hold);
  EXPECT_EQ(two.find("c", "Old", "1"), BrakeRuling::go_on);
  EXPECT_EQ(two.holding(), 1);
}

TEST_F(BrakeWatchTest, HoldsAloneWhileThePlaceIsAwayAndTellsLater) {
  Agent one(*this, "one");
  for (FakeDocumentStore* document : {&pulled, &decisions}) {
    document->fail_with({Errc::not_found, "no bucket"});
  }

  pull(one);
  EXPECT_EQ(one.find("three", "New", "2"), BrakeRuling::hold);
  for (FakeDocumentStore* document : {&pulled, &decisions}) document->recover();
  ASSERT_TRUE(one.watch.look({}));

  EXPECT_EQ(told()->set, "2");
  EXPECT_TRUE(is_logged("brake.not_told"));
}

TEST_F(BrakeWatchTest, ABrokenDocumentChangesNothing) {
  Agent one(*this, "one");
  pull(one);
  const BrakeState before = one.watch.shared();
  for (FakeDocumentStore* document : {&pulled, &decisions}) {
    for (const std::string& broken : {std::string("{"), std::string(1 << 19, '['), std::string()}) {
      document->put(broken);
      ASSERT_TRUE(one.watch.look({}));
      EXPECT_EQ(one.watch.shared(), before);
      EXPECT_EQ(one.find("n", "New", "2"), BrakeRuling::hold);
    }
    document->fail_with({Errc::invalid, "longer than 1 MiB"});
    EXPECT_TRUE(one.watch.look({}));
    EXPECT_EQ(one.find("o", "New", "2"), BrakeRuling::hold);
    document->recover();
    document->remove();
  }
  EXPECT_TRUE(is_logged("brake.refused"));
}

TEST_F(BrakeWatchTest, APullThatSomebodyRemovedIsWrittenAnew) {
  Agent one(*this, "one");
  pull(one);
  const auto before = told();

  pulled.remove();
  ASSERT_TRUE(one.watch.look({}));

  EXPECT_EQ(told(), before);
  EXPECT_EQ(one.holding(), 1);
}

TEST_F(BrakeWatchTest, ADecisionIsSeenBeforeAnythingIsHeld) {
  Agent one(*this, "one");
  pull(one);
  decide(Phase::confirmed);

  EXPECT_EQ(one.find("three", "New", "2"), BrakeRuling::go_on);
  EXPECT_EQ(one.holding(), 0);
}

TEST_F(BrakeWatchTest, WhatWasRejectedStaysRejectedWhenTheBrakeIsPulledAgain) {
  Agent one(*this, "one");
  decisions.put(to_json(BrakeState{.phase = Phase::rejected, .set = "0", .ignored = {"Bad"}}));

  pull(one);

  EXPECT_EQ(one.watch.shared().phase, Phase::holding);
  EXPECT_EQ(one.watch.shared().ignored, std::set<std::string>{"Bad"});
  EXPECT_TRUE(one.watch.is_rejected({"Bad"}));
  EXPECT_FALSE(one.watch.is_rejected({"Bad", "New"}));
  EXPECT_FALSE(one.watch.is_rejected({}));
}

// Whoever has an agent's role can write this document, and history.json, whatever he likes.
TEST_F(BrakeWatchTest, WhatAgentsWriteRejectsNothingAndConfirmsNothing) {
  Agent one(*this, "one");
  const BrakeState rejected{
      .phase = Phase::rejected, .set = "2", .ignored = {"New", "Old"}, .rejected_sets = {"1", "2"}};
  std::string as_pull = to_json(rejected);
  as_pull.replace(as_pull.find("cordon.brake/1"), 14, "cordon.brake-pull/1");
  const std::string confirmed = to_json(BrakeState{.phase = Phase::confirmed, .set = "2"});

  for (const std::string& forged : {to_json(rejected), as_pull, confirmed}) {
    SCOPED_TRACE(forged);
    pulled.put(forged);
    history.put(forged);
    Agent late(*this, "late");
    for (Agent* agent : {&one, &late}) {
      ASSERT_TRUE(agent->watch.look({}));
      agent->watch.remember({});
      EXPECT_TRUE(agent->watch.shared().ignored.empty());
      EXPECT_TRUE(agent->watch.shared().rejected_sets.empty());
      EXPECT_FALSE(agent->watch.is_rejected({"New"}));
      EXPECT_NE(agent->watch.shared().phase, Phase::confirmed);
      EXPECT_NE(agent->watch.shared().phase, Phase::rejected);
      EXPECT_NE(agent->find("n", "New", "2"), BrakeRuling::wait);
    }
  }
}

TEST_F(BrakeWatchTest, NoAgentsDocumentReleasesTheBrake) {
  decisions.put(to_json(BrakeState{.phase = Phase::confirmed, .set = "1"}));
  Agent one(*this, "one");
  Agent two(*this, "two");
  pull(one);
  ASSERT_TRUE(two.watch.look({}));
  const auto before = told();

  // As what was decided about, as another pull, and as none.
  pulled.put(to_json(BrakePull{.set = "1"}));
  for (Agent* agent : {&two, &one}) {
    ASSERT_TRUE(agent->watch.look({}));
    EXPECT_EQ(agent->find("n", "New", "2"), BrakeRuling::hold);
  }
  EXPECT_EQ(told(), before) << "it is told again";
  pulled.put(to_json(BrakePull{.set = "3", .since = clock.system_now()}));
  for (Agent* agent : {&two, &one}) {
    ASSERT_TRUE(agent->watch.look({}));
    EXPECT_EQ(agent->watch.shared().set, "2");
  }
  // Somebody decides about what he saw there. What he did not see is asked next.
  decide(Phase::confirmed);
  ASSERT_TRUE(two.watch.look({}));
  EXPECT_EQ(two.find("o", "New", "2"), BrakeRuling::hold);
  EXPECT_EQ(told(), before);
  decide(Phase::confirmed);
  EXPECT_EQ(two.find("p", "New", "2"), BrakeRuling::go_on);
}

TEST_F(BrakeWatchTest, DecisionsAreNeverWrittenAndOutliveTheirDocument) {
  Agent one(*this, "one");
  pull(one);
  const BrakeState decided = decide(Phase::rejected);
  ASSERT_TRUE(one.watch.look({}));
  EXPECT_EQ(one.watch.shared(), decided);

  decisions.remove();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(one.watch.look({}));

  EXPECT_EQ(one.watch.shared(), decided);
  EXPECT_EQ(decisions.read({}, Deadline::never(), {}).error().code, Errc::not_found);
  EXPECT_TRUE(is_logged("brake.decisions_gone"));
}

// A state of before there were two documents: agents wrote that they hold into it as well.
TEST_F(BrakeWatchTest, APullInAnOldStateHoldsUntilItIsDecided) {
  const SystemTime since = parse_rfc3339("2026-11-23T10:00:00.123Z").value();
  BrakeState old{.phase = Phase::holding,
                 .set = "2",
                 .names = {"New"},
                 .agent = "old",
                 .since = since,
                 .ignored = {"Bad"}};
  decisions.put(to_json(old));
  Agent one(*this, "one");

  EXPECT_EQ(one.find("n", "New", "2"), BrakeRuling::hold);
  EXPECT_TRUE(one.watch.is_rejected({"Bad"}));
  old.phase = Phase::confirmed;
  decisions.put(to_json(old));
  EXPECT_EQ(one.find("o", "New", "2"), BrakeRuling::go_on);
  ASSERT_TRUE(one.watch.look({}));
  EXPECT_EQ(one.holding(), 0);
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

TEST_F(BrakeWatchTest, APullThatIsNotUnderstoodIsNotWrittenOver) {
  for (const char* foreign : {"{", R"({"schema":"cordon.brake-pull/2","set":"2"})"}) {
    pulled.put(foreign);
    Agent one(*this, "one");
    pull(one);
    ASSERT_TRUE(one.watch.look({}));
    // Away for a while, and the same again.
    pulled.fail_with({Errc::unavailable, "away"});
    EXPECT_FALSE(one.watch.look({}));
    pulled.recover();
    ASSERT_TRUE(one.watch.look({}));

    EXPECT_EQ((*pulled.read({}, Deadline::never(), {}))->document, foreign);
    EXPECT_EQ(one.holding(), 1) << "it holds all the same";

    pulled.remove();
    ASSERT_TRUE(one.watch.look({}));
    EXPECT_EQ(told()->set, "2");
    pulled.remove();
  }
}

TEST_F(BrakeWatchTest, DecisionsThatAreNotUnderstoodStayAndThoseBeforeStayInForce) {
  decisions.put(to_json(BrakeState{.phase = Phase::rejected, .set = "0", .ignored = {"Bad"}}));
  Agent one(*this, "one");
  const std::string later = R"({"schema":"cordon.brake/2","state":"confirmed","set":"2"})";
  decisions.put(later);

  pull(one);
  ASSERT_TRUE(one.watch.look({}));

  EXPECT_EQ((*decisions.read({}, Deadline::never(), {}))->document, later);
  EXPECT_EQ(one.holding(), 1);
  EXPECT_TRUE(one.watch.is_rejected({"Bad"}));
}

// With it every name would be new for ever, and no later set the last one.
TEST_F(BrakeWatchTest, AnUpdateInTheFutureIsNone) {
  history.put(to_json(BrakeHistory{.set = "9", .since = clock.system_now() + kYears}));
  Agent one(*this, "one");
  one.watch.set_in_force("1");
  (void)one.find("a", "A", "1");
  one.watch.remember({});

  const auto kept = parse_brake_history((*history.read({}, Deadline::never(), {}))->document);
  EXPECT_EQ(kept->set, "1");
  clock.advance(std::chrono::hours(24));
  for (int i = 0; i < 9; ++i) EXPECT_EQ(one.find("b", "B", "1"), BrakeRuling::go_on);
  EXPECT_EQ(one.holding(), 0);
}

}  // namespace
}  // namespace cordon
