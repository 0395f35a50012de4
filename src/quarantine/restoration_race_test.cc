// A restore and the agent that is told of the restored object, at every point where they can meet.

#include <gtest/gtest.h>

#include "quarantine/restoration.h"
#include "testing/agent_world.h"
#include "testing/fake_bucket_catalogue.h"

namespace cordon {
namespace {

using Versions = FakeObjectStore::Versions;

const ObjectKey kTool("tool");
const ObjectKey kStored("uploads/tool");

class RestorationRaceTest : public testing::TestWithParam<std::tuple<Versions, std::string>> {
 protected:
  RestorationRaceTest() {
    EXPECT_EQ(world_.outcome(world_.upload("tool", kHarmful)), "done");
    EXPECT_TRUE(world_.store.current(kQuarantine, kStored));
  }

  /// The event of what lies there now.
  ObjectEvent event() const {
    const auto there = world_.store.current(kUploads, kTool);
    return {.object = {kUploads, kTool, there->version},
            .etag = there->etag,
            .size = there->content.size()};
  }
  /// What an agent that knows nothing yet makes of it.
  std::string agent_meets_it() {
    Pipeline agent(world_.pipeline_options, world_.pipeline_ports);
    const ObjectOutcome outcome = agent.carry(
        event(), {.attempt = 1, .sent_at = world_.clock.system_now()}, Deadline::never(), {});
    return outcome.result ? std::string(name_of(outcome.result->verdict.disposition)) : outcome.why;
  }
  Result<Restored> restore(const std::function<void(std::string_view)>& before) {
    RestorePorts ports{
        .store = world_.store,
        .catalogue = catalogue_,
        .clock = world_.clock,
        .is_own = [](const BucketName&) { return false; },
        .is_watched = [](const auto&, Deadline, std::stop_token) -> Result<bool> { return true; },
        .is_here = [](const auto&, Deadline, std::stop_token) -> Result<bool> { return true; },
        .list_allowed = [](const auto&, Deadline, std::stop_token) { return Result<void>(); },
        .before = before};
    const auto stored = world_.store.current(kQuarantine, kStored);
    RestoreRequest request{.stored = {kQuarantine, kStored, stored->version}, .allow = Allow::once};
    return Restoration(ports, request, Deadline::never(), {}).run();
  }

  World world_{std::get<0>(GetParam())};
  FakeBucketCatalogue catalogue_{world_.store};
};

TEST_P(RestorationRaceTest, TheAgentLeavesItWhenever) {
  std::string met = "never";

  const Result<Restored> restored = restore([&](std::string_view step) {
    if (step == std::get<1>(GetParam())) met = agent_meets_it();
  });

  ASSERT_TRUE(restored) << restored.error().what;
  if (std::get<1>(GetParam()) != "afterwards") {
    EXPECT_EQ(met, "InfectedAllowed");
  }
  EXPECT_EQ(agent_meets_it(), "InfectedAllowed") << "delivered again";
  EXPECT_EQ(world_.verdict_tag(kUploads, "tool"), "InfectedAllowed");
  EXPECT_FALSE(world_.store.current(kQuarantine, kStored));

  EXPECT_EQ(world_.outcome(world_.upload("tool", kHarmful)), "done");
  EXPECT_TRUE(world_.store.current(kQuarantine, kStored)) << "the same bytes, uploaded again";
}

INSTANTIATE_TEST_SUITE_P(AtEveryStep, RestorationRaceTest,
                         testing::Combine(testing::Values(Versions::on, Versions::off),
                                          testing::Values("verify", "bind", "delete",
                                                          "afterwards")),
                         [](const auto& chosen) {
                           return (std::get<0>(chosen.param) == Versions::on ? "Versions"
                                                                             : "Plain") +
                                  std::string("_") + std::get<1>(chosen.param);
                         });

}  // namespace
}  // namespace cordon
