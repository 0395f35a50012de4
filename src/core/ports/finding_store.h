#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/finding.h"

namespace cordon {

/// What became of results that were given to a store.
struct TakenResults {
  std::size_t added = 0;
  std::size_t known = 0;  ///< Were there already, by their ids.
};

/// Takes in what agents report. What it took is on disk when the call returns.
///
/// Threads: any; one at a time writes, also among several programs.
/// Errors of every method: cancelled, timeout;
///          unavailable  locked for longer than the deadline, full, or away: nothing was changed,
///                       and the same call may be tried again;
///          denied       the database refuses the user;
///          invalid      what was given, or the database, is not usable, which it says.
class FindingStore {
 public:
  virtual ~FindingStore() = default;

  /// All of them or none, whichever order they come in, however often. A result whose id is known
  /// changes nothing. At most 1,000, each `is_storable`; else invalid.
  virtual Result<TakenResults> add(std::span<const ScanResult> results, Deadline deadline,
                                   std::stop_token stop) = 0;

  /// Marks the problem as handled, until another object comes to it.
  /// Errors: also not_found.
  virtual Result<void> handle(ProblemId problem, const HandledMark& mark, Deadline deadline,
                              std::stop_token stop) = 0;

  /// Forgets up to `count_max` results that were scanned before `time`, and problems that were
  /// found in them alone; returns how many. The newest result of an object whose problem is open
  /// stays, and so do all rollups.
  virtual Result<std::size_t> forget_before(SystemTime time, std::size_t count_max,
                                            Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
