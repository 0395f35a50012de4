#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/ports/scan_request_queue.h"

namespace cordon {

/// Keeps the requests as messages. Threads: one.
class FakeScanRequests final : public ScanRequestQueue {
 public:
  Result<std::vector<RefusedRequest>> send(const std::vector<ObjectEvent>& requests, Deadline,
                                           std::stop_token) override {
    if (failure) return *failure;
    if (before_send) std::exchange(before_send, nullptr)();
    std::vector<RefusedRequest> refused;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].object.key == never) {
        refused.push_back({i, Error{Errc::invalid, "InvalidMessageContents"}});
      } else {
        sent.push_back(requests[i]);
      }
    }
    return refused;
  }

  std::vector<ObjectEvent> sent;
  ObjectKey never;  ///< Will not be taken.
  std::optional<Error> failure;
  std::function<void()> before_send;  ///< Once.
};

}  // namespace cordon
