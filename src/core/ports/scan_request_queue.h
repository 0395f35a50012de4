#pragma once

#include <cstddef>
#include <stop_token>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/event.h"

namespace cordon {

/// One of the requests that were sent, which the queue did not take while it took others.
struct RefusedRequest {
  std::size_t index = 0;  ///< Among those that were sent.
  Error why;              ///< `invalid`: it will never be taken. Anything else may pass later.
};

/// Where scan requests are put, behind everything that is new.
///
/// Threads: any. Errors: as EventQueue.
class ScanRequestQueue {
 public:
  virtual ~ScanRequestQueue() = default;

  /// Sends 1 to 10 requests; what is not refused was taken. On an error some of them may have been
  /// sent; sending them again is harmless, since an object that was scanned meanwhile is found so.
  virtual Result<std::vector<RefusedRequest>> send(const std::vector<ObjectEvent>& requests,
                                                   Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
