#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "brake/brake_state.h"
#include "core/held_object.h"
#include "settings/settings.h"

namespace cordon {

/// What agents remember of what they found: `brake/{region}/history.json`. With it an agent that
/// starts with other signatures than those before it knows that this is an update. Whatever it says
/// makes an agent hold sooner or later; no name is ignored because of it.
struct BrakeHistory {
  std::string set = {};                            ///< In force last.
  std::optional<SystemTime> since = std::nullopt;  ///< When it came; none: there was none before.
  std::uint64_t scanned = 0;                       ///< Under the sets before; fades.
  std::uint64_t infected = 0;
  std::set<std::string> names = {};  ///< Familiar ones.

  bool operator==(const BrakeHistory&) const = default;
};

/// What was found in one object.
struct BrakeFinding {
  std::string object;              ///< Names the object, whatever its version.
  std::vector<std::string> names;  ///< What was found; empty: nothing.
  std::string set;                 ///< Version of the signatures that found it.
  bool counts = true;              ///< False: the engine was not asked this time.
};

/// Decides when new signatures find too much.
///
/// A name is familiar when it was found before an update, or when it was new and a window has
/// passed without the brake being pulled. The brake is pulled when, within the window after an
/// update, enough different objects hold nothing but new names and they are a large part of what
/// was scanned. Then everything with new names only is held, until somebody decides. A find with a
/// familiar name among its names is never held. Bounded in memory, whatever is found.
///
/// Threads: any.
class Brake {
 public:
  explicit Brake(const Clock& clock) : clock_(clock) {}

  /// The signatures that the engine scans with from now on. The first ones are no update.
  void set_in_force(const std::string& set);

  struct Decision {
    BrakeRuling ruling = BrakeRuling::go_on;
    bool pulled = false;  ///< By this find.
  };
  Decision consider(const BrakeFinding& finding, const BrakeSettings& settings);

  /// What is known of the shared state, each time that it is another one.
  void learn(const BrakeState& shared);
  /// What agents before this one found; once, before the first find. An update in the future counts
  /// as one of this moment: it would make every name new for ever.
  void recall(const BrakeHistory& history);

  /// Names that other agents have known for long.
  void acquaint(const std::set<std::string>& names);

  bool is_holding() const;
  /// That the brake was pulled here, while no shared state says so yet.
  std::optional<BrakePull> unshared() const;
  BrakeHistory history() const;

 private:
  struct Tally {
    std::uint64_t scanned = 0;
    std::uint64_t infected = 0;
  };

  bool holds() const;
  void begin(const std::string& set);
  bool is_new(const std::string& name, const BrakeFinding& finding, const BrakeSettings& settings);
  bool is_in_window(const BrakeSettings& settings) const;
  bool is_too_much(const BrakeSettings& settings) const;
  void pull();
  void make_familiar(const std::string& name);
  void make_familiar_all();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::string set_;       ///< In force; empty: not known yet.
  std::string previous_;  ///< Scans that began with it may still end.
  std::optional<SystemTime> updated_;
  std::set<std::string> familiar_;
  std::deque<std::string> familiar_order_;   ///< The oldest first.
  std::map<std::string, SystemTime> fresh_;  ///< New names, and when they become familiar.
  Tally before_;
  Tally now_;
  std::unordered_set<std::size_t> suspects_;  ///< Objects with new names only, as hashes.
  std::optional<BrakePull> pulled_;           ///< Here, and not decided yet.
  BrakeState shared_;
  std::string confirmed_set_;  ///< Is not held again.
};

}  // namespace cordon
