#pragma once

#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/finding.h"
#include "core/page.h"

namespace cordon {

/// What people ask about findings. Every list has an order that writing does not change: pages that
/// follow each other repeat nothing and leave out nothing that was there when the first was read.
///
/// Threads: any. Errors of every method: as FindingStore.
class FindingQueries {
 public:
  virtual ~FindingQueries() = default;

  /// By time of the scan, then id, the newest first.
  virtual Result<Page<ScanResult>> results(const ResultFilter& filter, const PageRequest& page,
                                           Deadline deadline, std::stop_token stop) = 0;
  /// Errors: also not_found.
  virtual Result<ScanResult> result(const std::string& id, Deadline deadline,
                                    std::stop_token stop) = 0;
  /// What became known last first.
  virtual Result<Page<Problem>> problems(const ProblemFilter& filter, const PageRequest& page,
                                         Deadline deadline, std::stop_token stop) = 0;
  /// Errors: also not_found.
  virtual Result<Problem> problem(ProblemId id, Deadline deadline, std::stop_token stop) = 0;
  /// The newest result of each object whose newest result tells of this problem. Those objects that
  /// were first seen last come first. A problem that is not known has none.
  virtual Result<Page<ScanResult>> occurrences(ProblemId problem, const PageRequest& page,
                                               Deadline deadline, std::stop_token stop) = 0;
  /// By day, verdict (in the order of `Disposition`) and bucket.
  virtual Result<Page<Rollup>> rollups(const RollupFilter& filter, const PageRequest& page,
                                       Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
