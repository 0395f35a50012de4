#pragma once

#include <string>

#include "aws/service_client.h"
#include "core/ports/scan_request_queue.h"

namespace cordon {

/// The sweep queue of SQS. `client` outlives it.
class SqsScanRequests final : public ScanRequestQueue {
 public:
  SqsScanRequests(ServiceClient& client, std::string queue_url)
      : client_(client), queue_url_(std::move(queue_url)) {}

  Result<void> send(const std::vector<ObjectEvent>& requests, Deadline deadline,
                    std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const std::string queue_url_;
};

}  // namespace cordon
