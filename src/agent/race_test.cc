// Owners who overwrite, delete and re-create objects while agents carry them: at every call that an
// agent makes, one by one, and then by the thousand at random. What must hold after every delivery:
// no harmful object says that it is clean. And when the queue is empty: nothing harmful lies where
// it was put or where clean objects go, every harmful object that its owner left alone is in
// quarantine, every clean one is whole, where it belongs, and tagged for what it is.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "testing/agent_world.h"

namespace cordon {
namespace {

using Versions = FakeObjectStore::Versions;
using Call = FakeObjectStore::Call;

const Versions kAllVersions[] = {Versions::off, Versions::on, Versions::suspended};

enum class Act { overwrite_harmless, overwrite_harmful, remove, recreate };
const Act kActs[] = {Act::overwrite_harmless, Act::overwrite_harmful, Act::remove, Act::recreate};

bool is_harmful(const std::string& content) {
  return content.find(FakeScanner::kHarmful) != std::string::npos;
}

/// Owners and agents at work on one bucket, and what the owners would find there had no agent ever
/// been: by key, everything that must still be somewhere.
class Scene {
 public:
  Scene(Versions versions, Route on_clean) : versions_(versions), world_(versions, 1 << 20) {
    // Versioned, so that whatever was ever readable there is still to be seen.
    world_.store.set_versions(kProduction, Versions::on);
    world_.policy.on_clean = std::move(on_clean);
  }

  void upload(const std::string& key, bool harmful) {
    const int number = ++uploads_;
    const std::string content =
        (harmful ? kHarmful : std::string("harmless ")) + " " + std::to_string(number);
    const ObjectEvent event = world_.upload(key, content, {{"owner", std::to_string(number)}});
    std::vector<std::string>& kept = kept_[key];
    if (versions_ != Versions::on) kept.clear();
    kept.push_back(content);
    world_.queue.send(World::message_of(event));
  }
  void remove(const std::string& key) {
    world_.store.delete_current(kUploads, ObjectKey(key));
    if (versions_ != Versions::on) kept_[key].clear();
  }
  void act(const std::string& key, Act act) {
    switch (act) {
      case Act::overwrite_harmless:
        return upload(key, false);
      case Act::overwrite_harmful:
        return upload(key, true);
      case Act::remove:
        return remove(key);
      case Act::recreate:
        remove(key);
        return upload(key, uploads_ % 2 == 0);
    }
  }
  /// Lets `others` act before this call. S3 has no condition for writing tags, so those that an
  /// object without a version of its own got in that moment are overwritten.
  template <typename Others>
  void interrupt(Call call, const std::string& key, Others&& others) {
    const int before = uploads_;
    touched_.insert(key);
    others();
    if (call == Call::set_tags && uploads_ != before) tags_at_risk_.insert(key);
  }

  /// One delivery by one of two agents. False when no message was visible.
  bool deliver(bool by_the_second = false) {
    auto claims = world_.queue.receive(1, std::chrono::seconds(0), Deadline::never(), {});
    if (claims->empty()) return false;
    Claim claim = claims->front();
    claim.receive_count = std::min(claim.receive_count, 4);  // A poisoned object is another matter.
    (by_the_second ? second_handler_ : world_.message_handler)
        .deliver(claim, world_.clock.steady_now(), {});
    return true;
  }
  /// Looks at what was touched since the last look. Not while an agent is at work: between the
  /// writing of its tags and its next look they may lie on another object.
  void expect_no_false_clean() {
    for (const std::string& key : std::exchange(touched_, {})) {
      const auto stored = world_.store.current(kUploads, ObjectKey(key));
      if (!stored || !is_harmful(stored->content)) continue;
      EXPECT_NE(world_.verdict_tag(kUploads, key), "Clean") << stored->content;
    }
  }
  void deliver_everything() {
    for (int i = 0; i < 100'000 && world_.queue.size() > 0; ++i) {
      if (!deliver()) world_.queue.expire_claims();
      expect_no_false_clean();
    }
    ASSERT_EQ(world_.queue.size(), 0U);
    EXPECT_TRUE(world_.queue.dead().empty());
  }

  void expect_everything_in_its_place() const {
    std::map<std::string, std::vector<std::string>> here;
    for (const auto& stored : world_.store.all(kUploads)) {
      here[stored.key.str()].push_back(stored.content);
      EXPECT_FALSE(is_harmful(stored.content)) << stored.key.str() << ": " << stored.content;
      expect_tagged(stored, "Clean");
    }
    const auto promoted = contents_of(kProduction, "Clean");
    const auto quarantined = contents_of(kQuarantine, "Infected");
    for (const std::string& content : promoted) EXPECT_FALSE(is_harmful(content)) << content;
    for (const std::string& content : quarantined) EXPECT_TRUE(is_harmful(content)) << content;
    for (const auto& [key, kept] : kept_) {
      SCOPED_TRACE(key);
      std::vector<std::string> stay;
      for (const std::string& content : kept) {
        if (is_harmful(content)) {
          EXPECT_TRUE(quarantined.contains(content)) << content << " is not in quarantine";
        } else if (moves_clean()) {
          EXPECT_TRUE(promoted.contains(content)) << content << " is not in production";
        } else {
          stay.push_back(content);
        }
      }
      EXPECT_EQ(here[key], stay);
    }
  }

  World& world() { return world_; }

 private:
  bool moves_clean() const { return world_.policy.on_clean.front().kind == RouteStep::Kind::move; }
  void expect_tagged(const FakeObjectStore::Stored& stored, const std::string& verdict) const {
    const auto tag = stored.tags.find("scan-result");
    EXPECT_EQ(tag == stored.tags.end() ? "(none)" : tag->second, verdict) << stored.content;
    if (versions_ != Versions::on && tags_at_risk_.contains(key_of(stored))) return;
    const std::string number = stored.content.substr(stored.content.rfind(' ') + 1);
    const auto owner = stored.tags.find("owner");
    EXPECT_EQ(owner == stored.tags.end() ? "(none)" : owner->second, number) << stored.content;
  }
  /// Where it was uploaded to.
  static std::string key_of(const FakeObjectStore::Stored& stored) {
    return stored.key.str().substr(stored.key.str().find('/') + 1);
  }
  std::set<std::string> contents_of(const BucketName& bucket, const std::string& verdict) const {
    std::set<std::string> contents;
    for (const auto& stored : world_.store.all(bucket)) {
      contents.insert(stored.content);
      expect_tagged(stored, verdict);
    }
    return contents;
  }

  const Versions versions_;
  World world_;
  Pipeline second_{world_.pipeline_options, world_.pipeline_ports};
  MessageHandler second_handler_{{},
                                 {world_.queue, second_, world_.claims, world_.clock, world_.random,
                                  world_.log, world_.metrics, world_.observer}};
  int uploads_ = 0;
  std::map<std::string, std::vector<std::string>> kept_;
  std::set<std::string> tags_at_risk_;
  std::set<std::string> touched_;
};

const Route kStay = {{RouteStep::Kind::keep}};
const Route kPromote = {{RouteStep::Kind::move, Destination{kProduction, ""}}};

// --- one act at each call ---------------------------------------------------------------------

/// Carries one object while its owner acts before the call with this number. False when there were
/// fewer calls.
bool act_before_call(int number, Act act, Versions versions, const Route& on_clean, bool harmful) {
  Scene scene(versions, on_clean);
  scene.upload("k", harmful);
  int calls = 0;
  scene.world().store.on_call([&](Call call, const ObjectRef&) -> std::optional<Error> {
    if (++calls == number) scene.interrupt(call, "k", [&] { scene.act("k", act); });
    return std::nullopt;
  });
  scene.deliver_everything();
  scene.expect_everything_in_its_place();
  return calls >= number;
}

TEST(Race, AnOwnerMayActBeforeAnyCall) {
  constexpr int kCallsMax = 100;
  for (const Versions versions : kAllVersions) {
    for (const Route* on_clean : {&kStay, &kPromote}) {
      for (const bool harmful : {false, true}) {
        for (const Act act : kActs) {
          for (int number = 1; number < kCallsMax; ++number) {
            SCOPED_TRACE("versions " + std::to_string(static_cast<int>(versions)) + " promoted " +
                         std::to_string(on_clean == &kPromote) + " harmful " +
                         std::to_string(harmful) + " act " + std::to_string(static_cast<int>(act)) +
                         " before call " + std::to_string(number));
            if (!act_before_call(number, act, versions, *on_clean, harmful)) break;
            if (testing::Test::HasFailure()) return;
          }
        }
      }
    }
  }
}

// --- at random --------------------------------------------------------------------------------

/// Before any call an owner may act, or the other agent may carry what is next in the queue.
class Crowd {
 public:
  Crowd(std::uint32_t seed, Versions versions, const Route& on_clean)
      : dice_(seed), scene_(versions, on_clean) {
    scene_.world().store.on_call(
        [this](Call call, const ObjectRef& object) -> std::optional<Error> {
          const std::string key = object.key.str();
          if (object.bucket == kUploads) scene_.interrupt(call, key, [&] { interfere(key); });
          return std::nullopt;
        });
  }

  void live_through(int objects) {
    for (int i = 0; i < objects; ++i) {
      scene_.upload("k" + std::to_string(i), roll(3) == 0);
      if (roll(3) != 0) scene_.deliver();
      scene_.expect_no_false_clean();
    }
    scene_.deliver_everything();
  }
  const Scene& scene() const { return scene_; }

 private:
  int roll(int sides) { return static_cast<int>(dice_() % static_cast<unsigned>(sides)); }

  void interfere(const std::string& key) {
    const int die = roll(30);
    // An owner who never stops would be followed for ever.
    if (die == 0 && acts_[key]++ < 5) scene_.act(key, kActs[roll(4)]);
    if (die > 1 || depth_ > 0) return;
    ++depth_;
    scene_.deliver(/*by_the_second=*/true);
    --depth_;
  }

  std::mt19937 dice_;
  Scene scene_;
  std::map<std::string, int> acts_;
  int depth_ = 0;
};

TEST(Race, FiveThousandObjectsAmongRestlessOwnersEndInTheirPlaces) {
  std::uint32_t seed = 20261123;
  for (const Versions versions : kAllVersions) {
    for (const Route* on_clean : {&kStay, &kPromote}) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Crowd crowd(seed++, versions, *on_clean);

      crowd.live_through(834);  // Of six times as many.

      crowd.scene().expect_everything_in_its_place();
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace cordon
