#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/service_client.h"
#include "core/ports/event_bus.h"

namespace cordon {

/// EventBridge's default bus in the region of `client`, which outlives it.
class EventBridge final : public EventBus {
 public:
  explicit EventBridge(ServiceClient& client) : client_(client) {}

  Result<std::optional<EventRule>> rule(const std::string& name, Deadline deadline,
                                        std::stop_token stop) override;
  Result<void> put_rule(const EventRule& rule, Deadline deadline, std::stop_token stop) override;
  Result<void> remove_rule(const std::string& name, Deadline deadline,
                           std::stop_token stop) override;

 private:
  ServiceClient& client_;
};

/// One target of a rule.
struct RuleTarget {
  std::string id;
  std::string arn;
};

/// Decode EventBridge's replies. Pure; exposed for their tests and fuzzers. Errors: unavailable.
Result<EventRule> decode_rule(std::string_view json);
Result<std::vector<RuleTarget>> decode_targets(std::string_view json);

}  // namespace cordon
