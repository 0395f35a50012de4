#pragma once

#include <functional>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/scanner.h"

namespace cordon {

/// Turns what an object does to its worker into a verdict, instead of having it redelivered for
/// ever. The one place of that policy:
///  * a scan that took too long is Unscannable(timeout) at once: it has had its time, and a second
///    try would hold another worker as long;
///  * a worker that died or ran out of memory, or reached no verdict but Error, gets one successor,
///    because its surroundings may have been at fault. When that one ends the same way, the object
///    is: it is Unscannable(engine-crash). Not `limit`, which speaks of the bytes alone: another
///    machine may have more memory, and a sealed `limit` would keep it from trying.
///
/// A timeout counts only when it was the scan's own limit; when the caller's deadline has passed
/// nothing is known about the object, and the error is returned. The references outlive the
/// scanner.
class PatientScanner final : public Scanner {
 public:
  using Version = std::function<EngineVersion()>;

  /// `version` names the engine in the reports that no engine made.
  PatientScanner(Scanner& scanner, Version version, const Clock& clock, Log& log, Metrics& metrics);

  Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                          std::stop_token stop) override;
  Result<ScanReport> scan_window(const UniqueFd& content, const Window& window, Deadline deadline,
                                 std::stop_token stop) override;

 private:
  using Attempt = std::function<Result<ScanReport>()>;
  Result<ScanReport> attempt_twice(const Attempt& scan_once, Deadline deadline,
                                   const std::stop_token& stop);

  Scanner& scanner_;
  const Version version_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
};

}  // namespace cordon
