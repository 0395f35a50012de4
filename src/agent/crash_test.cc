// Agents that die at every step, on every kind of bucket, with every kind of route. What must hold:
// at no moment is a clean object missing everywhere, and when the messages have been delivered for
// the last time every object has its verdict, its owner's tags and its report, and malware is where
// it belongs and nowhere else.

#include <gtest/gtest.h>

#include <random>

#include "base/digest.h"
#include "base/text.h"
#include "core/sealing.h"
#include "testing/agent_world.h"

namespace cordon {
namespace {

using Versions = FakeObjectStore::Versions;
using Call = FakeObjectStore::Call;

const Step kSteps[] = {Step::decode, Step::admit,  Step::open,       Step::stage,
                       Step::scan,   Step::tag,    Step::act,        Step::copy,
                       Step::remove, Step::report, Step::acknowledge};

bool lies_somewhere(const World& world, const std::string& content) {
  for (const BucketName& bucket : {kUploads, kQuarantine, kProduction}) {
    for (const auto& stored : world.store.all(bucket)) {
      if (stored.content == content) return true;
    }
  }
  return false;
}

const SealKeyRing& ring() {
  static const SealKeyRing kRing = SealKeyRing::parse("k1 " + std::string(64, '1')).value();
  return kRing;
}

bool is_sealed(const FakeObjectStore::Stored& stored) {
  const SealedContent content{hex(sha256(stored.content)), stored.content.size()};
  return check_seal(stored.tags, {}, content, ring()).state == SealState::valid;
}

struct Case {
  const char* name;
  std::string content;
  Route on_clean;
  Route on_infected;
  const BucketName* ends_in;  ///< Null: nowhere.
  const char* tag;
};

const Case kCases[] = {
    {"clean stays", "harmless", {{RouteStep::Kind::keep}}, {}, &kUploads, "Clean"},
    {"clean moves",
     "harmless",
     {{RouteStep::Kind::move, Destination{kProduction, ""}}},
     {},
     &kProduction,
     "Clean"},
    {"infected to quarantine",
     kHarmful,
     {},
     {{RouteStep::Kind::quarantine}},
     &kQuarantine,
     "Infected"},
    {"infected deleted", kHarmful, {}, {{RouteStep::Kind::remove}}, nullptr, "Infected"},
    {"infected kept", kHarmful, {}, {{RouteStep::Kind::keep}}, &kUploads, "Infected"},
};

void crash_and_recover(const Case& c, Versions versions, Step at, int occurrence, bool seals) {
  World world(versions, 5, seals ? std::optional<SealKeyRing>(ring()) : std::nullopt);
  world.policy.on_clean = c.on_clean;
  world.policy.on_infected = c.on_infected;
  const ObjectEvent event = world.upload("k", c.content, {{"owner", "me"}});
  world.queue.send(World::message_of(event));
  int seen = 0;
  world.observer.script([&](Step step) {
    return step == at && ++seen == occurrence ? Proceed::abandon : Proceed::go_on;
  });

  const Settled first = world.deliver();
  if (c.ends_in != nullptr || first == Settled::abandoned) {
    const bool may_be_gone = c.ends_in == nullptr && !world.sink.results().empty();
    EXPECT_TRUE(may_be_gone || lies_somewhere(world, c.content));
  }
  world.queue.expire_claims();
  // A process that died has forgotten what it had finished: another one takes over.
  Pipeline pipeline(world.pipeline_options, world.pipeline_ports);
  MessageHandler message_handler({}, {world.queue, pipeline, world.claims, world.clock,
                                      world.random, world.log, world.metrics, world.observer});
  auto again = world.queue.receive(1, std::chrono::seconds(0), Deadline::never(), {});
  if (!again->empty()) {
    EXPECT_EQ(message_handler.deliver(again->front(), world.clock.steady_now(), {}),
              Settled::acknowledged);
  }

  EXPECT_EQ(world.queue.size(), 0U);
  EXPECT_TRUE(world.queue.dead().empty());
  ASSERT_FALSE(world.sink.results().empty()) << "never reported";
  for (const ScanResult& result : world.sink.results()) {
    EXPECT_EQ(name_of(result.verdict.disposition), c.tag);
  }
  for (const BucketName& bucket : {kUploads, kQuarantine, kProduction}) {
    const auto stored = world.store.all(bucket);
    ASSERT_EQ(stored.size(), c.ends_in != nullptr && bucket == *c.ends_in ? 1U : 0U)
        << bucket.str();
    if (stored.empty()) continue;
    EXPECT_EQ(stored[0].content, c.content);
    EXPECT_EQ(stored[0].tags.at("owner"), "me");
    EXPECT_EQ(stored[0].tags.at("scan-result"), c.tag);
    EXPECT_EQ(is_sealed(stored[0]), seals);
  }
}

TEST(Crash, AtAnyStepLosesNothingAndRepeatsNothingThatShows) {
  for (const Case& c : kCases) {
    for (const Versions versions : {Versions::off, Versions::on, Versions::suspended}) {
      for (const Step step : kSteps) {
        for (const int occurrence : {1, 2}) {
          SCOPED_TRACE(std::string(c.name) + " at " + std::string(name_of(step)) + " bucket " +
                       std::to_string(static_cast<int>(versions)) + " time " +
                       std::to_string(occurrence));
          crash_and_recover(c, versions, step, occurrence, /*seals=*/false);
          if (versions == Versions::suspended) {
            crash_and_recover(c, versions, step, occurrence, /*seals=*/true);
          }
        }
      }
    }
  }
}

// Many objects, a bad day: calls fail, transfers are cut, agents die, messages come twice.
class BadDay {
 public:
  BadDay(std::uint32_t seed, Versions versions) : dice_(seed), world_(versions, 1 << 20, ring()) {
    world_.store.on_call([this](Call, const ObjectRef&) -> std::optional<Error> {
      if (is_calm_ || roll(25) != 0) return std::nullopt;
      const Errc kCodes[] = {Errc::unavailable, Errc::throttled, Errc::timeout};
      return Error{kCodes[roll(3)], "a bad day"};
    });
    world_.observer.script(
        [this](Step) { return !is_calm_ && roll(40) == 0 ? Proceed::abandon : Proceed::go_on; });
  }

  void live_through(int objects) {
    for (int i = 0; i < objects; ++i) upload(i);
    // Ends: after so many rounds the day becomes calm, and then every delivery is the last one.
    for (int round = 0; round < objects * 40 && world_.queue.size() > 0; ++round) {
      is_calm_ = round > objects * 2;
      deliver();
    }
  }

  World& world() { return world_; }
  const std::map<std::string, std::string>& uploaded() const { return uploaded_; }

 private:
  int roll(int sides) { return static_cast<int>(dice_() % static_cast<unsigned>(sides)); }

  void upload(int number) {
    const std::string key = "k" + std::to_string(number);
    const bool is_harmful = roll(3) == 0;
    const std::string content = (is_harmful ? kHarmful : std::string("harmless ")) +
                                std::to_string(number) +
                                std::string(static_cast<std::size_t>(roll(20)) * 10'000, 'x');
    const ObjectEvent event = world_.upload(key, content, {{"owner", key}});
    uploaded_[key] = content;
    world_.queue.send(World::message_of(event));
    if (roll(10) == 0) world_.queue.send(World::message_of(event));
  }

  void deliver() {
    if (roll(5) == 0 && !is_calm_) world_.store.cut_next_read(static_cast<unsigned>(roll(5000)));
    auto claims = world_.queue.receive(1, std::chrono::seconds(0), Deadline::never(), {});
    if (claims->empty()) {
      world_.queue.expire_claims();
      return;
    }
    Claim claim = claims->front();
    // The bad day takes longer than five deliveries, which is another test's matter.
    claim.receive_count = std::min(claim.receive_count, 4);
    Pipeline fresh(world_.pipeline_options, world_.pipeline_ports);
    MessageHandler message_handler(
        {}, {world_.queue, roll(2) == 0 ? fresh : world_.pipeline, world_.claims, world_.clock,
             world_.random, world_.log, world_.metrics, world_.observer});
    message_handler.deliver(claim, world_.clock.steady_now(), {});
  }

  std::mt19937 dice_;
  World world_;
  bool is_calm_ = false;
  std::map<std::string, std::string> uploaded_;
};

TEST(Crash, ABadDayEndsWithEveryObjectInItsPlace) {
  int seed = 1;
  for (const Versions versions : {Versions::off, Versions::on, Versions::suspended}) {
    SCOPED_TRACE(static_cast<int>(versions));
    BadDay day(static_cast<std::uint32_t>(seed++), versions);

    day.live_through(300);

    World& world = day.world();
    ASSERT_EQ(world.queue.size(), 0U);
    EXPECT_TRUE(world.queue.dead().empty());
    std::map<std::string, int> reports;
    for (const ScanResult& result : world.sink.results()) {
      const bool is_harmful =
          day.uploaded().at(result.key->str()).find(FakeScanner::kHarmful) != std::string::npos;
      EXPECT_EQ(result.verdict.disposition,
                is_harmful ? Disposition::infected : Disposition::clean);
      ++reports[result.key->str()];
    }
    for (const auto& [key, content] : day.uploaded()) {
      SCOPED_TRACE(key);
      const bool is_harmful = content.find(FakeScanner::kHarmful) != std::string::npos;
      const auto here = world.store.current(kUploads, ObjectKey(key));
      const auto there = world.store.current(kQuarantine, ObjectKey("uploads/" + key));
      ASSERT_EQ(here.has_value(), !is_harmful);
      ASSERT_EQ(there.has_value(), is_harmful);
      const auto& stored = is_harmful ? *there : *here;
      EXPECT_TRUE(stored.content == content);
      EXPECT_EQ(stored.tags.at("owner"), key);
      EXPECT_EQ(stored.tags.at("scan-result"), is_harmful ? "Infected" : "Clean");
      EXPECT_TRUE(is_sealed(stored));
      EXPECT_GE(reports[key], 1);
    }
  }
}

}  // namespace
}  // namespace cordon
