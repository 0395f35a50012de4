#pragma once

#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "devcloud/call.h"
#include "devcloud/messaging/sns.h"
#include "devcloud/messaging/sqs.h"

namespace cordon::cloud {

/// EventBridge: the default bus of each region, rules, and targets that are topics or queues.
///
/// Threads: any; one lock for all rules, not held while a target is called.
class EventsService {
 public:
  EventsService(const Basics& basics, SqsService& queues, SnsService& topics)
      : basics_(basics), queues_(queues), topics_(topics) {}

  ServerResponse handle(const Call& call, std::string_view action);

  struct Event {
    std::string region;
    std::string source;       ///< "aws.s3"
    std::string detail_type;  ///< "Object Created"
    std::vector<std::string> resources;
    boost::json::object detail;
    SystemTime time;
  };
  /// Sends the event to every target whose rule it matches; returns the event's id.
  std::string put(const Event& event);

 private:
  using Json = boost::json::object;
  using Reply = Answer<Json>;

  struct Target {
    std::string id;
    std::string arn;
    Json as_given;
  };
  struct Rule {
    std::string name;
    std::string arn;
    std::string region;
    std::string description;
    std::string pattern_text;
    std::string role;
    Json pattern;
    bool enabled = true;
    std::map<std::string, std::string> tags;
    std::vector<Target> targets;
  };

  Reply run(const Call& call, std::string_view action, const Json& in);
  Reply put_rule(const Call& call, const Json& in);
  Reply describe_rule(const Call& call, const Json& in);
  Reply list_rules(const Call& call, const Json& in);
  Reply delete_rule(const Call& call, const Json& in);
  Reply set_state(const Call& call, const Json& in, bool enabled);
  Reply put_targets(const Call& call, const Json& in);
  Reply list_targets(const Call& call, const Json& in);
  Reply remove_targets(const Call& call, const Json& in);
  Reply list_rules_by_target(const Call& call, const Json& in);
  Reply put_events(const Call& call, const Json& in);
  Reply tag(const Call& call, const Json& in);
  Reply untag(const Call& call, const Json& in);
  Reply list_tags(const Call& call, const Json& in);
  Reply describe_bus(const Call& call, const Json& in);

  Answer<Rule*> rule_locked(const Call& call, const std::string& name);
  Rule* rule_by_arn_locked(const std::string& arn);
  void deliver(const Rule& rule, const Target& target, const Json& event);

  const Basics& basics_;
  SqsService& queues_;
  SnsService& topics_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Rule> rules_;  ///< By region and name.
};

}  // namespace cordon::cloud
