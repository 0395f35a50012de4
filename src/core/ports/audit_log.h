#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/audit.h"
#include "core/page.h"

namespace cordon {

/// Who changed what, for good: records are added and never changed or taken away. Threads: any.
/// Errors of every method: as FindingStore.
class AuditLog {
 public:
  virtual ~AuditLog() = default;

  /// Puts the entry behind the last record, also when several programs do so at once.
  virtual Result<AuditRecord> append(const AuditEntry& entry, Deadline deadline,
                                     std::stop_token stop) = 0;
  /// The newest first.
  virtual Result<Page<AuditRecord>> newest_records(const PageRequest& page, Deadline deadline,
                                                   std::stop_token stop) = 0;
  /// Those after the record of this number, the oldest first; at most `count_max`, and 1,000.
  virtual Result<std::vector<AuditRecord>> records_after(std::int64_t number, std::size_t count_max,
                                                         Deadline deadline,
                                                         std::stop_token stop) = 0;
};

}  // namespace cordon
