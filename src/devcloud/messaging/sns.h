#pragma once

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "devcloud/access/policy.h"
#include "devcloud/call.h"
#include "devcloud/messaging/sqs.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {

/// Simple Notification Service, over the query protocol. Delivers to queues.
///
/// Threads: any; one lock for all topics. Queues are filled outside of it, in order of publication
/// per publisher.
class SnsService {
 public:
  SnsService(const Basics& basics, SqsService& queues) : basics_(basics), queues_(queues) {}

  ServerResponse handle(const Call& call, std::string_view action);

  /// What a service of AWS wants to publish.
  struct Publication {
    std::string topic_arn;
    std::string subject = {};
    std::string message;
    std::string principal;            ///< "s3.amazonaws.com"
    std::string source_arn;           ///< aws:SourceArn of the topic's policy
    std::string source_account = {};  ///< aws:SourceAccount; empty: the stand-in's own.
  };
  /// False: no such topic, or its policy does not let the service publish.
  bool publish(const Publication& publication);
  bool accepts(const Publication& publication);
  /// The policy that somebody gave a topic, if any; the one it starts with grants nothing to users.
  std::optional<Policy> policy_of(const std::string& topic_arn);

 private:
  using Json = boost::json::object;
  using Reply = Answer<std::string>;  ///< XML of the result.
  using Attributes = std::map<std::string, std::string>;

  struct Subscription {
    std::string arn;
    std::string protocol;
    std::string endpoint;
    Attributes attributes;
    std::optional<Json> filter;
    bool filter_on_body = false;
    bool raw = false;
  };
  struct Topic {
    std::string arn;
    std::string region;
    Attributes attributes;
    Attributes tags;
    std::optional<Policy> policy;
    std::vector<Subscription> subscriptions;
  };
  /// A message on its way to the subscribers of one moment.
  struct Message {
    std::string id;
    std::string topic_arn;
    std::string region;
    std::string subject;
    std::string body;
    Json attributes;  ///< Name to {DataType, StringValue|BinaryValue}.
  };

  Reply run(const Call& call, std::string_view action, const QueryForm& form);
  Reply create(const Call& call, const QueryForm& form);
  Reply remove(const Call& call, const QueryForm& form);
  Reply list(const Call& call, const QueryForm& form);
  Reply get_attributes(const Call& call, const QueryForm& form);
  Reply set_attributes(const Call& call, const QueryForm& form);
  Reply subscribe(const Call& call, const QueryForm& form);
  Reply unsubscribe(const Call& call, const QueryForm& form);
  Reply list_subscriptions(const Call& call, const QueryForm& form);
  Reply get_subscription_attributes(const Call& call, const QueryForm& form);
  Reply set_subscription_attributes(const Call& call, const QueryForm& form);
  Reply publish_one(const Call& call, const QueryForm& form);
  Reply publish_batch(const Call& call, const QueryForm& form);
  Reply tag(const Call& call, const QueryForm& form);
  Reply untag(const Call& call, const QueryForm& form);
  Reply list_tags(const Call& call, const QueryForm& form);

  Answer<std::string> send(const Call& call, const QueryForm& form, const std::string& prefix,
                           const std::string& topic_arn);
  Answer<Topic*> topic_locked(const std::string& arn);
  Subscription* subscription_locked(const std::string& arn, Topic** topic);
  Answer<void> apply_locked(Topic& topic, const std::string& name, const std::string& value) const;
  Answer<void> apply(Subscription& subscription, const std::string& name,
                     const std::string& value) const;
  std::string default_policy(const std::string& arn) const;
  bool permits_locked(const Topic& topic, const Publication& publication) const;
  void fan_out(const Message& message, const std::vector<Subscription>& subscriptions);
  std::string envelope(const Message& message, const Subscription& subscription) const;

  const Basics& basics_;
  SqsService& queues_;
  std::mutex mutex_;
  std::map<std::string, Topic> topics_;  ///< By ARN.
};

}  // namespace cordon::cloud
