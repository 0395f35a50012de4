#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/ports/bucket_catalogue.h"

namespace cordon {

/// How far the sweep of one bucket is; the document "sweeps/{bucket}.json" of the system bucket. It
/// is the lease as well: as long as `lease_until` is to come, `holder` sweeps and nobody else does.
struct SweepCheckpoint {
  std::string purpose;  ///< What is looked for; a sweep for something else begins anew.
  std::string holder;
  std::optional<SystemTime> lease_until = std::nullopt;  ///< None: nobody is at it.
  SystemTime started;
  std::optional<SystemTime> finished = std::nullopt;
  std::optional<CatalogueCursor> after = std::nullopt;  ///< Everything up to here is done.
  std::uint64_t listed = 0;                             ///< Current versions that were looked at.
  std::uint64_t enqueued = 0;
  std::uint64_t excluded = 0;  ///< By the policy.
  std::uint64_t young = 0;     ///< Without verdict, but their event may still be on its way.
  std::uint64_t unknown = 0;   ///< Their tags could not be read; enqueued as well.
  /// Wanted, and never taken by the queue; each is in the log.
  std::uint64_t refused = 0;
  /// In archives, and not asked for, since nobody can read them before they are restored.
  std::uint64_t archived = 0;
  /// With a verdict that nothing but their tags shows: no key at hand, no seal, or a policy that
  /// asks for none.
  std::uint64_t unproven = 0;
  std::optional<SystemTime> oldest = std::nullopt;  ///< Of the objects without valid verdict.

  bool operator==(const SweepCheckpoint&) const = default;
};

std::string to_json(const SweepCheckpoint& checkpoint);
/// Pure; foreign. Errors: invalid.
Result<SweepCheckpoint> parse_sweep_checkpoint(std::string_view text);

}  // namespace cordon
