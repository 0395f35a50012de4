#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

// What agents and people say of the brake of a region, each in a document of their own
// (docs/formats/brake.md), and what follows from both. Pure.

namespace cordon {

/// Of names in a document.
inline constexpr std::size_t kBrakeNamesMax = 2'000;

/// That the brake was pulled, and why: what an agent saw. Only agents write it
/// (`brake/{region}/pulled.json`), so it is worth what an agent's role is: it makes all hold what
/// they would take away, and does nothing else.
struct BrakePull {
  std::string set = {};                 ///< The version of the signatures that it was pulled for.
  std::vector<std::string> names = {};  ///< New names that had been found by then.
  std::string agent = {};               ///< Who pulled it.
  std::optional<SystemTime> since = std::nullopt;  ///< With `set` it names this pull.
  std::uint64_t scanned = 0;                       ///< By that agent since the update.
  std::uint64_t infected = 0;  ///< Different objects of these with new names only.

  bool operator==(const BrakePull&) const = default;
};

/// Where the brake of a region is. What people decided is kept in the same form, with what the
/// decision was about (`brake/{region}/state.json`); only people write that.
struct BrakeState {
  enum class Phase : std::uint8_t {
    none,       ///< It was never pulled.
    holding,    ///< Nothing is taken away because of new names until somebody decides.
    confirmed,  ///< Somebody said that the names are right.
    rejected,   ///< Somebody said that `ignored` or the sets in `rejected_sets` are wrong.
  };
  Phase phase = Phase::none;
  std::string set = {};  ///< This and what follows: as in the pull.
  std::vector<std::string> names = {};
  std::string agent = {};
  std::optional<SystemTime> since = std::nullopt;
  std::uint64_t scanned = 0;
  std::uint64_t infected = 0;
  std::optional<SystemTime> decided_at = std::nullopt;
  std::string decided_by = {};
  std::set<std::string> ignored = {};        ///< Names that were rejected, now or earlier.
  std::set<std::string> rejected_sets = {};  ///< Versions that were rejected whole.

  bool operator==(const BrakeState&) const = default;
};

std::string_view name_of(BrakeState::Phase phase);

/// Whether it is this pull that `decisions` are about.
bool is_decided(const BrakePull& pull, const BrakeState& decisions);

/// The pull that nobody decided about yet: in `decisions`, where agents wrote it before it had a
/// document of its own, or else `told`.
std::optional<BrakePull> undecided_pull(const BrakeState& decisions,
                                        const std::optional<BrakePull>& told);

/// `open`: a pull that nobody decided about. Whatever it says, names are ignored and sets rejected
/// by `decisions` alone.
BrakeState state_of(const std::optional<BrakePull>& open, BrakeState decisions);

}  // namespace cordon
