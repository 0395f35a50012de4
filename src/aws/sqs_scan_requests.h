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

  Result<std::vector<RefusedRequest>> send(const std::vector<ObjectEvent>& requests,
                                           Deadline deadline, std::stop_token stop) override;

 private:
  Result<std::vector<RefusedRequest>> send_once(const std::vector<ObjectEvent>& requests,
                                                Deadline deadline, std::stop_token stop);

  ServiceClient& client_;
  const std::string queue_url_;
};

}  // namespace cordon
