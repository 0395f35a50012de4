#pragma once

#include <stop_token>
#include <string>

#include "aws/service_client.h"
#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// Log groups and streams of CloudWatch Logs in one region. Idempotent. `client` outlives it.
///
/// Threads: any. Errors: cancelled, timeout, unavailable, throttled, denied, not_found, invalid.
class LogsAdmin {
 public:
  explicit LogsAdmin(ServiceClient& client) : client_(client) {}

  Result<void> ensure_group(const std::string& group, Deadline deadline, std::stop_token stop);
  /// Errors: also not_found: there is no such group.
  Result<void> ensure_stream(const std::string& group, const std::string& stream, Deadline deadline,
                             std::stop_token stop);

 private:
  ServiceClient& client_;
};

}  // namespace cordon
