// kill -9 and power cuts between any two calls to the disk, in the middle of each, and at every
// byte: what was taken is delivered until it is acknowledged, and what is acknowledged no more.

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "push/local_event_queue.h"
#include "testing/fake_journal_folder.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"
#include "testing/temporary_folder.h"

namespace cordon {
namespace {

// One for all: nothing here dies of being received too often.
LocalDeadLetters& no_letters() {
  static const TemporaryFolder place;
  static SimulatedClock clock;
  static SeededRandom random;
  static const std::unique_ptr<LocalDeadLetters> letters =
      LocalDeadLetters::open(place.path(), {}, clock, random).value();
  return *letters;
}

/// What outsiders saw of the lives of one queue, and what they may therefore rely on.
class Outsider {
 public:
  explicit Outsider(FakeJournalFolder& folder) : folder_(folder) {}

  /// A process; false: it could not even start.
  bool begin() {
    queue_.reset();
    held_.clear();
    Result<std::unique_ptr<LocalEventQueue>> opened =
        LocalEventQueue::open({.bytes_max = 32U << 10U, .receives_max = 1'000'000},
                              {folder_, no_letters(), clock_, log_, metrics_});
    if (opened) queue_ = *std::move(opened);
    return queue_ != nullptr;
  }
  void send(const std::string& body) {
    asked.insert(body);
    if (queue_->send(body, Deadline::never(), {})) taken.insert(body);
  }
  void receive(int count) {
    auto claims = queue_->receive(count, std::chrono::seconds(0), Deadline::never(), {});
    if (!claims) return;
    for (Claim& claim : *claims) {
      delivered.insert(claim.body);
      seen_after_done = seen_after_done || done.contains(claim.body);
      const int before = receives_[claim.body];
      counts_grow = counts_grow && claim.receive_count > before;
      receives_[claim.body] = claim.receive_count;
      held_.push_back(std::move(claim));
    }
  }
  void acknowledge(std::size_t which) {
    if (held_.empty()) return;
    const auto claim = held_.begin() + static_cast<std::ptrdiff_t>(which % held_.size());
    maybe_done.insert(claim->body);
    if (queue_->acknowledge(*claim, Deadline::never(), {})) done.insert(claim->body);
    held_.erase(claim);
  }
  void give_back(std::size_t which) {
    if (held_.empty()) return;
    const auto claim = held_.begin() + static_cast<std::ptrdiff_t>(which % held_.size());
    (void)queue_->extend(*claim, std::chrono::seconds(0), Deadline::never(), {}).ok();
    held_.erase(claim);
  }
  /// Everything that a successor finds.
  std::set<std::string> find_all() {
    delivered.clear();
    if (!begin()) return {};
    for (std::size_t before = SIZE_MAX; before != delivered.size();) {
      before = delivered.size();
      receive(10);
    }
    return delivered;
  }
  std::uint64_t damaged() const { return queue_->damaged_parts(); }

  std::set<std::string> asked;       ///< Somebody wanted them to be taken.
  std::set<std::string> taken;       ///< Somebody was told that they are.
  std::set<std::string> maybe_done;  ///< Somebody said that they are done.
  std::set<std::string> done;        ///< And was told that it is written down.
  std::set<std::string> delivered;
  bool counts_grow = true;
  bool seen_after_done = false;

 private:
  FakeJournalFolder& folder_;
  SimulatedClock clock_;
  Metrics metrics_;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
  std::unique_ptr<LocalEventQueue> queue_;
  std::vector<Claim> held_;
  std::map<std::string, int> receives_;
};

bool includes(const std::set<std::string>& all, const std::set<std::string>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

std::set<std::string> without(const std::set<std::string>& all, const std::set<std::string>& some) {
  std::set<std::string> left;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(),
                      std::inserter(left, left.end()));
  return left;
}

/// A fixed day of a queue.
void work(Outsider& outsider) {
  for (int i = 0; i < 8; ++i) {
    outsider.send("{\"event\":" + std::to_string(i) + "}");
    if (i % 2 == 1) outsider.receive(2);
    if (i % 3 == 2) outsider.acknowledge(0);
    if (i == 5) outsider.give_back(0);
  }
}

TEST(LocalQueueCrash, BetweenAnyTwoCallsAndHalfWayLosesNothing) {
  for (const bool dies_half_way : {false, true}) {
    for (const double share_kept : {-1.0, 0.0, 0.5, 1.0}) {  // -1: the machine goes on.
      for (std::size_t call = 0;; ++call) {
        SCOPED_TRACE("dies at call " + std::to_string(call));
        FakeJournalFolder folder;
        folder.dies_half_way = dies_half_way;
        folder.die_at(call);
        Outsider outsider(folder);
        if (outsider.begin()) work(outsider);
        const bool is_survivor = !folder.is_dead();
        if (share_kept < 0) {
          folder.restart();
        } else {
          folder.lose_power(share_kept);
        }

        const std::set<std::string> found = outsider.find_all();

        EXPECT_TRUE(includes(found, without(outsider.taken, outsider.maybe_done)));
        EXPECT_TRUE(includes(outsider.asked, found));
        EXPECT_FALSE(outsider.seen_after_done);
        EXPECT_TRUE(outsider.counts_grow);
        EXPECT_EQ(outsider.damaged(), 0U) << "a crash is no damage";
        if (is_survivor) break;
      }
    }
  }
}

/// What was true when the file was so long.
struct Moment {
  std::size_t bytes;
  std::set<std::string> taken;
  std::set<std::string> done;
};

TEST(LocalQueueCrash, AtEveryByteLeavesExactlyWhatWasDurableThen) {
  const std::string kFile = "0000000000000001.journal";
  FakeJournalFolder folder;
  Outsider outsider(folder);
  ASSERT_TRUE(outsider.begin());
  std::vector<Moment> moments{{0, {}, {}}};
  const auto note = [&] {
    moments.push_back({folder.content(kFile).size(), outsider.taken, outsider.done});
  };
  for (int i = 0; i < 6; ++i) {
    outsider.send("{\"event\":" + std::to_string(i) + "}");
    note();
    if (i % 2 == 1) outsider.receive(2);
    note();
    if (i % 2 == 1) outsider.acknowledge(0);
    note();
  }
  const std::string whole = folder.content(kFile);

  for (std::size_t bytes = 1; bytes <= whole.size(); ++bytes) {
    SCOPED_TRACE("cut behind byte " + std::to_string(bytes));
    const auto later = std::find_if(moments.begin(), moments.end(),
                                    [&](const Moment& one) { return one.bytes > bytes; });
    const Moment& then = *std::prev(later);
    FakeJournalFolder cut;
    ASSERT_TRUE(cut.append(kFile, whole.substr(0, bytes)));
    Outsider successor(cut);

    EXPECT_EQ(successor.find_all(), without(then.taken, then.done));
    EXPECT_EQ(successor.damaged(), 0U);
  }
}

TEST(LocalQueueCrash, AnyDamagedByteCostsAtMostTheMessageThatItHits) {
  const std::string kFile = "0000000000000001.journal";
  FakeJournalFolder folder;
  Outsider outsider(folder);
  ASSERT_TRUE(outsider.begin());
  for (int i = 0; i < 4; ++i) outsider.send("{\"event\":" + std::to_string(i) + "}");
  const std::string whole = folder.content(kFile);
  const std::size_t last = whole.size() / 4 * 3;  // They are all of one length.

  for (std::size_t at = 0; at < last; ++at) {
    SCOPED_TRACE("byte " + std::to_string(at));
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    FakeJournalFolder damaged;
    ASSERT_TRUE(damaged.append(kFile, bytes));
    Outsider successor(damaged);

    const std::set<std::string> found = successor.find_all();

    EXPECT_EQ(found.size(), 3U);
    EXPECT_TRUE(includes(outsider.taken, found)) << "and nothing else appears";
    EXPECT_EQ(successor.damaged(), 1U);
  }
}

// Several lives of random work, each of which ends somewhere.
RC_GTEST_PROP(LocalQueueProperty, ManyCrashesLoseNothingAndRepeatNothingThatIsDone, ()) {
  FakeJournalFolder folder;
  folder.dies_half_way = *rc::gen::arbitrary<bool>();
  Outsider outsider(folder);
  bool lost_power = false;
  const int lives = *rc::gen::inRange(1, 5);
  for (int life = 0; life < lives; ++life) {
    folder.die_at(folder.calls() + *rc::gen::inRange<std::size_t>(0, 150));
    const bool is_alive = outsider.begin();
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
    for (std::size_t i = 0; is_alive && i < steps.size(); ++i) {
      const std::string name = std::to_string(life) + "." + std::to_string(i);
      switch (steps[i]) {
        case 0:
        case 1:
        case 2:
          outsider.send(name + std::string(i % 5 == 0 ? 1500 : 10, 'x'));
          break;
        case 3:
        case 4:
          outsider.receive(static_cast<int>(i % 4) + 1);
          break;
        case 5:
        case 6:
          outsider.acknowledge(i);
          break;
        default:
          outsider.give_back(i);
      }
    }
    if (*rc::gen::arbitrary<bool>()) {
      folder.restart();
    } else {
      folder.lose_power(static_cast<double>(*rc::gen::inRange(0, 11)) / 10.0);
      lost_power = true;
    }
  }

  const std::set<std::string> found = outsider.find_all();

  RC_ASSERT(includes(found, without(outsider.taken, outsider.maybe_done)));
  RC_ASSERT(includes(outsider.asked, found));
  // A file that was removed may come back with the machine.
  RC_ASSERT(lost_power || !outsider.seen_after_done);
}

}  // namespace
}  // namespace cordon
