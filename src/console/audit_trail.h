#pragma once

#include <cstdint>
#include <stop_token>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/audit_log.h"

namespace cordon {

/// Writes what somebody changed, or tried to, to the audit log and to the console's own log, which
/// has the hash of each record: kept elsewhere it shows whether the end of the audit log was cut
/// off. Threads: any.
class AuditTrail {
 public:
  /// All of it outlives the trail.
  AuditTrail(AuditLog& audit, const Clock& clock, Log& log, Metrics& metrics)
      : audit_(audit), clock_(clock), log_(log), metrics_(metrics) {}

  /// Errors: those of the log; what was done is done then, and only the console's own log has it.
  Result<void> note(AuditEntry entry, Deadline deadline, std::stop_token stop);
  /// For what strangers can cause as often as they like: 60 records in a minute, and how many were
  /// left out is in the detail of the next one.
  Result<void> note_limited(AuditEntry entry, Deadline deadline, std::stop_token stop);

 private:
  struct Window {
    SteadyTime begun;
    int written = 0;
    std::uint64_t left_out = 0;
  };

  AuditLog& audit_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  Guarded<Window> window_;
};

}  // namespace cordon
