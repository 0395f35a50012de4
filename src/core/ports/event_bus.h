#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// A rule on a region's default event bus.
struct EventRule {
  std::string name;
  std::string pattern;      ///< JSON document.
  std::string description;  ///< At most 512 characters.
  bool enabled = true;
  std::vector<std::string> targets;  ///< ARNs of topics or queues.

  bool operator==(const EventRule&) const = default;
};

/// The default event bus of one region. Threads: any. Errors: as BucketAdmin.
class EventBus {
 public:
  virtual ~EventBus() = default;

  /// None when there is no such rule.
  virtual Result<std::optional<EventRule>> rule(const std::string& name, Deadline deadline,
                                                std::stop_token stop) = 0;
  /// Creates the rule, or makes an existing one exactly this; targets come before the rule could
  /// match anything for longer than it takes.
  virtual Result<void> put_rule(const EventRule& rule, Deadline deadline, std::stop_token stop) = 0;
  /// Idempotent.
  virtual Result<void> remove_rule(const std::string& name, Deadline deadline,
                                   std::stop_token stop) = 0;
};

}  // namespace cordon
