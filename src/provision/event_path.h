#pragma once

#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/ports/queue_admin.h"
#include "core/ports/topic_admin.h"
#include "provision/provision_report.h"

// What somebody may have changed between topic and agents, so that events are lost although every
// part is there.

namespace cordon {

/// Whether messages stay in the queue for as long, and are delivered as often, as agents count on,
/// and go to these dead letters then (an ARN; empty: it is those itself). What the service does not
/// say counts as meant. Pure.
bool keeps_messages(const QueueInfo& queue, const std::string& dead_letter_arn);

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
