#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/result.h"
#include "core/ports/queue_admin.h"
#include "core/ports/topic_admin.h"
#include "provision/provision_report.h"

// What somebody may have changed between topic and agents, so that events are lost although every
// part is there.

namespace cordon {

/// Whether messages of every size fit in the queue, stay there for as long, and are delivered as
/// often, as agents count on, and go to these dead letters then (an ARN; empty: it is those
/// itself). What the service does not say counts as meant. Pure.
bool keeps_messages(const QueueInfo& queue, const std::string& dead_letter_arn);

/// S3's events have up to 64 KiB, SNS's envelope doubles the quotes in them.
inline constexpr std::uint64_t kMessageBytesMin = 256U << 10U;
/// A busy agent may lose its claims below it.
inline constexpr std::chrono::seconds kVisibilityMin{30};

/// Whether the queue does what `meant` is for, with exactly its policy where it has one; more
/// patience than meant is as good. What the service does not say counts as meant. Pure.
bool is_as_meant(const QueueInfo& queue, const QueueSettings& meant);

/// A queue as it is now, and what was to be done for that.
struct EnsuredQueue {
  QueueInfo info;
  ProvisionStep::State state;
};
/// Brings a queue to `meant` where it is missing or not so; `before`: as it was found. Errors:
/// those of QueueAdmin.
Result<EnsuredQueue> ensure_queue(QueueAdmin& queues, const std::string& name,
                                  const std::optional<QueueInfo>& before,
                                  const QueueSettings& meant, Deadline deadline,
                                  std::stop_token stop);

/// Why nothing that S3 publishes to a topic under this key of KMS arrives; none: it does, as far as
/// can be seen from here. Pure.
std::optional<std::string> shut_topic(const std::string& key);
/// The same of a queue, and what SNS sends to it.
std::optional<std::string> shut_queue(const std::string& key);

/// Whether everything that is published to the topic comes to the queue. Who may not look at the
/// subscription's filter is told that it is none. Errors: those of TopicAdmin.
Result<bool> hears_everything(TopicAdmin& topics, const std::string& topic_arn,
                              const std::string& queue_arn, Deadline deadline,
                              std::stop_token stop);

/// Makes it so, and says what was to be done.
Result<ProvisionStep> ensure_hearing(TopicAdmin& topics, const std::string& topic_arn,
                                     const std::string& queue_arn, Deadline deadline,
                                     std::stop_token stop);

}  // namespace cordon
