#pragma once

#include <stop_token>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/event.h"

namespace cordon {

/// Where scan requests are put, behind everything that is new.
///
/// Threads: any. Errors: as EventQueue.
class ScanRequestQueue {
 public:
  virtual ~ScanRequestQueue() = default;

  /// Sends 1 to 10 requests. On an error some of them may have been sent; sending them again is
  /// harmless, since an object that was scanned meanwhile is found so.
  virtual Result<void> send(const std::vector<ObjectEvent>& requests, Deadline deadline,
                            std::stop_token stop) = 0;
};

}  // namespace cordon
