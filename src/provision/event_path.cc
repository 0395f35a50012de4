#include "provision/event_path.h"

#include <algorithm>
#include <utility>

#include "provision/topology.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

// The subscription's ARN; empty: there is none, or it waits for confirmation.
Result<std::string> subscription_of(TopicAdmin& topics, const std::string& topic_arn,
                                    const std::string& queue_arn, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const std::vector<Subscription> all,
             topics.subscriptions(topic_arn, deadline, std::move(stop)));
  const auto ours = std::find_if(all.begin(), all.end(), [&](const Subscription& one) {
    return one.endpoint == queue_arn && !one.arn.empty();
  });
  return ours == all.end() ? std::string() : ours->arn;
}

Result<bool> is_filtered(TopicAdmin& topics, const std::string& subscription, Deadline deadline,
                         std::stop_token stop) {
  const Result<std::string> filter = topics.filter(subscription, deadline, std::move(stop));
  if (!filter && filter.error().code != Errc::denied) return filter.error();
  return filter && !filter->empty();
}

// A key of AWS's own cannot be given a policy, and its policy lets no other service in.
std::optional<std::string> shut_by_key(const std::string& key, std::string_view of_aws,
                                       const char* who) {
  if (!key.ends_with(of_aws)) return std::nullopt;
  return "under " + key + ", which " + who + " may not use: no event arrives";
}

}  // namespace

bool keeps_messages(const QueueInfo& queue, const std::string& dead_letter_arn) {
  const QueueSettings meant;
  if (queue.retention.count() != 0 && queue.retention < meant.retention) return false;
  if (queue.message_bytes_max != 0 && queue.message_bytes_max < kMessageBytesMin) return false;
  if (dead_letter_arn.empty()) return true;
  if (queue.dead_letter_arn != dead_letter_arn) return false;
  return queue.receives_max == 0 || queue.receives_max >= meant.receives_max;
}

bool is_as_meant(const QueueInfo& queue, const QueueSettings& meant) {
  if (!keeps_messages(queue, meant.dead_letter_arn)) return false;
  if (queue.visibility < kVisibilityMin) return false;
  return meant.policy.empty() || is_same_policy(queue.policy, meant.policy);
}

Result<EnsuredQueue> ensure_queue(QueueAdmin& queues, const std::string& name,
                                  const std::optional<QueueInfo>& before,
                                  const QueueSettings& meant, Deadline deadline,
                                  std::stop_token stop) {
  if (before && is_as_meant(*before, meant)) return EnsuredQueue{*before, State::present};
  CORDON_TRY(QueueInfo after, queues.ensure(name, meant, deadline, std::move(stop)));
  return EnsuredQueue{std::move(after), before ? State::changed : State::created};
}

std::optional<std::string> shut_topic(const std::string& key) {
  return shut_by_key(key, "alias/aws/sns", "s3.amazonaws.com");
}

std::optional<std::string> shut_queue(const std::string& key) {
  return shut_by_key(key, "alias/aws/sqs", "sns.amazonaws.com");
}

Result<bool> hears_everything(TopicAdmin& topics, const std::string& topic_arn,
                              const std::string& queue_arn, Deadline deadline,
                              std::stop_token stop) {
  CORDON_TRY(const std::string subscription,
             subscription_of(topics, topic_arn, queue_arn, deadline, stop));
  if (subscription.empty()) return false;
  CORDON_TRY(const bool filtered, is_filtered(topics, subscription, deadline, std::move(stop)));
  return !filtered;
}

Result<ProvisionStep> ensure_hearing(TopicAdmin& topics, const std::string& topic_arn,
                                     const std::string& queue_arn, Deadline deadline,
                                     std::stop_token stop) {
  CORDON_TRY(const std::string before,
             subscription_of(topics, topic_arn, queue_arn, deadline, stop));
  const bool is_new = before.empty();
  std::string subscription = before;
  if (is_new) {
    CORDON_TRY(subscription, topics.subscribe_queue(topic_arn, queue_arn, deadline, stop));
  }
  ProvisionStep step{ProvisionPart::subscription, subscription,
                     is_new ? State::created : State::present, ""};
  CORDON_TRY(const bool filtered, is_filtered(topics, subscription, deadline, stop));
  if (!filtered) return step;
  CORDON_TRY(topics.clear_filter(subscription, deadline, std::move(stop)));
  step.state = State::changed;
  step.note = "a filter that somebody had put on it kept events away";
  return step;
}

}  // namespace cordon
