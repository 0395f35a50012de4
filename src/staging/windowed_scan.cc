#include "staging/windowed_scan.h"

#include <algorithm>
#include <utility>

#include "core/failure_verdicts.h"

namespace cordon {

Result<bool> WindowedScan::use(const UniqueFd& content, const Window& window, Deadline deadline,
                               std::stop_token stop) {
  Result<ScanReport> report = scanner_.scan_window(
      content, window, deadline.at_most(clock_, options_.window_time_max), std::move(stop));
  if (report && !is_credible(report->verdict)) {
    report = Error{Errc::worker_died, "the engine gave a verdict that contradicts itself"};
  }
  if (!report) {
    failure_ = report.error();
    return report.error();
  }
  if (window.is_first()) {
    sum_ = VerdictSum(window.object_bytes);
    version_ = report->version;  // The oldest signatures that looked at a part of it.
  }
  const std::uint64_t shared =
      window.is_first() ? 0 : std::min(window.bytes, options_.windows.overlap_bytes);
  const std::uint64_t added = window.bytes - shared;
  const std::uint64_t scanned = std::min(report->verdict.bytes_scanned, added);
  sum_.add(std::move(report->verdict), added, scanned);
  return !sum_.is_infected();
}

Result<ScanReport> WindowedScan::finish() && {
  if (failure_) return *std::move(failure_);
  return ScanReport{.verdict = std::move(sum_).finish(), .version = std::move(version_)};
}

}  // namespace cordon
