#pragma once

#include <string>

#include "aws/service_client.h"
#include "core/ports/queue_admin.h"

namespace cordon {

/// SQS queues in the region of `client`, which outlives it.
class SqsAdmin final : public QueueAdmin {
 public:
  explicit SqsAdmin(ServiceClient& client) : client_(client) {}

  Result<QueueInfo> find(const std::string& name, Deadline deadline, std::stop_token stop) override;
  Result<QueueInfo> ensure(const std::string& name, const QueueSettings& settings,
                           Deadline deadline, std::stop_token stop) override;
  Result<void> set_policy(const std::string& url, const std::string& policy, Deadline deadline,
                          std::stop_token stop) override;
  Result<void> remove(const std::string& url, Deadline deadline, std::stop_token stop) override;

 private:
  Result<std::string> url_of(const std::string& name, Deadline deadline, std::stop_token stop);
  Result<QueueInfo> info_of(const std::string& url, Deadline deadline, std::stop_token stop);
  Result<std::string> create(const std::string& name, const QueueSettings& settings,
                             Deadline deadline, std::stop_token stop);
  Result<void> configure(const std::string& url, const QueueSettings& settings, Deadline deadline,
                         std::stop_token stop);

  ServiceClient& client_;
};

/// Decodes the reply to GetQueueAttributes. Pure; exposed for its tests. Errors: unavailable.
Result<QueueInfo> decode_queue_attributes(std::string_view json, const std::string& url);

}  // namespace cordon
