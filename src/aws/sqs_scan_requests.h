#pragma once

#include <atomic>
#include <string>

#include "aws/service_client.h"
#include "core/ports/scan_request_queue.h"

namespace cordon {

/// The sweep queue of SQS. Requests of one bucket are a group, so that those of a large bucket do
/// not keep others waiting (fair queues); a server that knows groups for FIFO queues only gets
/// none.
///
/// Threads: any. `client` outlives it.
class SqsScanRequests final : public ScanRequestQueue {
 public:
  SqsScanRequests(ServiceClient& client, std::string queue_url)
      : client_(client), queue_url_(std::move(queue_url)) {}

  Result<std::vector<RefusedRequest>> send(const std::vector<ObjectEvent>& requests,
                                           Deadline deadline, std::stop_token stop) override;

 private:
  Result<std::vector<RefusedRequest>> send_some(const std::vector<ObjectEvent>& requests,
                                                Deadline deadline, std::stop_token stop);
  Result<std::vector<RefusedRequest>> send_once(const std::vector<ObjectEvent>& requests,
                                                bool in_groups, Deadline deadline,
                                                std::stop_token stop);

  ServiceClient& client_;
  const std::string queue_url_;
  std::atomic<bool> has_groups_{true};
};

}  // namespace cordon
