#include "devcloud/messaging/events.h"

#include <algorithm>

#include "base/text.h"
#include "devcloud/json_in.h"
#include "devcloud/messaging/event_pattern.h"
#include "devcloud/query_protocol.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kTargetsPerRule = 5;
constexpr std::size_t kEntriesMax = 10;

AwsError invalid(std::string why) { return {400, "ValidationException", std::move(why)}; }
AwsError not_found(const std::string& what) { return {400, "ResourceNotFoundException", what}; }

bool is_default_bus(const std::string& name) {
  return name.empty() || name == "default" || name.ends_with(":event-bus/default");
}

}  // namespace

ServerResponse EventsService::handle(const Call& call, std::string_view action) {
  const auto in = parse_object(call.request.body);
  if (!in) return json_error("1.1", {400, "SerializationException", ""}, call.request_id);
  const Reply reply = run(call, action, *in);
  if (!reply) return json_error("1.1", reply.error(), call.request_id);
  return json_answer("1.1", *reply, call.request_id);
}

EventsService::Reply EventsService::run(const Call& call, std::string_view action, const Json& in) {
  using Method = Reply (EventsService::*)(const Call&, const Json&);
  static const std::map<std::string_view, Method> kActions{
      {"PutRule", &EventsService::put_rule},
      {"DescribeRule", &EventsService::describe_rule},
      {"ListRules", &EventsService::list_rules},
      {"DeleteRule", &EventsService::delete_rule},
      {"PutTargets", &EventsService::put_targets},
      {"ListTargetsByRule", &EventsService::list_targets},
      {"RemoveTargets", &EventsService::remove_targets},
      {"ListRuleNamesByTarget", &EventsService::list_rules_by_target},
      {"PutEvents", &EventsService::put_events},
      {"TagResource", &EventsService::tag},
      {"UntagResource", &EventsService::untag},
      {"ListTagsForResource", &EventsService::list_tags},
      {"DescribeEventBus", &EventsService::describe_bus},
  };
  if (!is_default_bus(text_of(in, "EventBusName"))) {
    return not_found("Event bus " + text_of(in, "EventBusName") + " does not exist.");
  }
  if (action == "EnableRule") return set_state(call, in, true);
  if (action == "DisableRule") return set_state(call, in, false);
  const auto at = kActions.find(action);
  if (at == kActions.end()) {
    return AwsError{400, "UnknownOperationException", "Unknown operation " + std::string(action)};
  }
  return (this->*at->second)(call, in);
}

Answer<EventsService::Rule*> EventsService::rule_locked(const Call& call, const std::string& name) {
  const auto at = rules_.find({call.region, name});
  if (at == rules_.end()) {
    return not_found("Rule " + name + " does not exist on EventBus default.");
  }
  return &at->second;
}

EventsService::Rule* EventsService::rule_by_arn_locked(const std::string& arn) {
  for (auto& [key, rule] : rules_) {
    if (rule.arn == arn) return &rule;
  }
  return nullptr;
}

EventsService::Reply EventsService::put_rule(const Call& call, const Json& in) {
  const std::string name = text_of(in, "Name");
  if (name.empty() || name.size() > 64) return invalid("Name must have 1 to 64 characters");
  const std::string pattern_text = text_of(in, "EventPattern");
  if (pattern_text.empty() && text_of(in, "ScheduleExpression").empty()) {
    return invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  }
  const auto pattern = parse_object(pattern_text);
  if (!pattern) {
    return AwsError{400, "InvalidEventPatternException",
                    "Event pattern is not valid. Reason: not a JSON object"};
  }
  CORDON_TRY(check_pattern(*pattern, "InvalidEventPatternException"));
  std::lock_guard lock(mutex_);
  Rule& rule = rules_[{call.region, name}];
  rule.name = name;
  rule.region = call.region;
  rule.arn = make_arn("events", call.region, basics_.account, "rule/" + name);
  rule.description = text_of(in, "Description");
  rule.role = text_of(in, "RoleArn");
  rule.pattern_text = pattern_text;
  rule.pattern = *pattern;
  rule.enabled = text_of(in, "State") != "DISABLED";
  if (const json::array* tags = array_if(in, "Tags")) {
    for (const json::value& one : *tags) {
      if (one.is_object())
        rule.tags[text_of(one.as_object(), "Key")] = text_of(one.as_object(), "Value");
    }
  }
  return Json{{"RuleArn", rule.arn}};
}

EventsService::Reply EventsService::describe_rule(const Call& call, const Json& in) {
  std::lock_guard lock(mutex_);
  CORDON_TRY(const Rule* rule, rule_locked(call, text_of(in, "Name")));
  Json out{{"Name", rule->name},
           {"Arn", rule->arn},
           {"EventPattern", rule->pattern_text},
           {"State", rule->enabled ? "ENABLED" : "DISABLED"},
           {"EventBusName", "default"},
           {"CreatedBy", basics_.account}};
  if (!rule->description.empty()) out["Description"] = rule->description;
  return out;
}

EventsService::Reply EventsService::list_rules(const Call& call, const Json& in) {
  const std::string prefix = text_of(in, "NamePrefix");
  json::array found;
  std::lock_guard lock(mutex_);
  for (const auto& [key, rule] : rules_) {
    if (key.first != call.region || !key.second.starts_with(prefix)) continue;
    Json one{{"Name", rule.name},
             {"Arn", rule.arn},
             {"EventPattern", rule.pattern_text},
             {"State", rule.enabled ? "ENABLED" : "DISABLED"},
             {"EventBusName", "default"}};
    if (!rule.description.empty()) one["Description"] = rule.description;
    found.push_back(std::move(one));
  }
  return Json{{"Rules", std::move(found)}};
}

EventsService::Reply EventsService::delete_rule(const Call& call, const Json& in) {
  std::lock_guard lock(mutex_);
  const auto at = rules_.find({call.region, text_of(in, "Name")});
  if (at == rules_.end()) return Json{};  // Idempotent.
  if (!at->second.targets.empty()) {
    return invalid("Rule can't be deleted since it has targets.");
  }
  rules_.erase(at);
  return Json{};
}

EventsService::Reply EventsService::set_state(const Call& call, const Json& in, bool enabled) {
  std::lock_guard lock(mutex_);
  CORDON_TRY(Rule * rule, rule_locked(call, text_of(in, "Name")));
  rule->enabled = enabled;
  return Json{};
}

EventsService::Reply EventsService::put_targets(const Call& call, const Json& in) {
  const json::array* targets = array_if(in, "Targets");
  if (targets == nullptr || targets->empty()) return invalid("Targets must not be empty");
  std::lock_guard lock(mutex_);
  CORDON_TRY(Rule * rule, rule_locked(call, text_of(in, "Rule")));
  for (const json::value& one : *targets) {
    const json::object* given = one.if_object();
    if (given == nullptr || text_of(*given, "Id").empty()) return invalid("A target needs an Id");
    Target target{text_of(*given, "Id"), text_of(*given, "Arn"), *given};
    const std::string service = arn_field(target.arn, 2);
    if (service != "sqs" && service != "sns") {
      return invalid("Parameter " + target.arn +
                     " is not valid. Reason: the stand-in delivers to queues and topics only.");
    }
    std::erase_if(rule->targets, [&](const Target& known) { return known.id == target.id; });
    if (rule->targets.size() == kTargetsPerRule) {
      return AwsError{400, "LimitExceededException",
                      "The requested resource exceeds the maximum number allowed."};
    }
    rule->targets.push_back(std::move(target));
  }
  return Json{{"FailedEntryCount", 0}, {"FailedEntries", json::array()}};
}

EventsService::Reply EventsService::list_targets(const Call& call, const Json& in) {
  std::lock_guard lock(mutex_);
  CORDON_TRY(const Rule* rule, rule_locked(call, text_of(in, "Rule")));
  json::array found;
  for (const Target& target : rule->targets) found.push_back(target.as_given);
  return Json{{"Targets", std::move(found)}};
}

EventsService::Reply EventsService::remove_targets(const Call& call, const Json& in) {
  std::lock_guard lock(mutex_);
  CORDON_TRY(Rule * rule, rule_locked(call, text_of(in, "Rule")));
  if (const json::array* ids = array_if(in, "Ids")) {
    for (const json::value& id : *ids) {
      std::erase_if(rule->targets,
                    [&](const Target& t) { return id.is_string() && id.as_string() == t.id; });
    }
  }
  return Json{{"FailedEntryCount", 0}, {"FailedEntries", json::array()}};
}

EventsService::Reply EventsService::list_rules_by_target(const Call& call, const Json& in) {
  const std::string arn = text_of(in, "TargetArn");
  json::array names;
  std::lock_guard lock(mutex_);
  for (const auto& [key, rule] : rules_) {
    const bool leads = std::any_of(rule.targets.begin(), rule.targets.end(),
                                   [&](const Target& t) { return t.arn == arn; });
    if (key.first == call.region && leads) names.emplace_back(rule.name);
  }
  return Json{{"RuleNames", std::move(names)}};
}

EventsService::Reply EventsService::put_events(const Call& call, const Json& in) {
  const json::array* entries = array_if(in, "Entries");
  if (entries == nullptr || entries->empty() || entries->size() > kEntriesMax) {
    return invalid("Entries must have 1 to 10 members");
  }
  json::array results;
  int failed = 0;
  for (const json::value& one : *entries) {
    const json::object given = one.is_object() ? one.as_object() : json::object();
    const auto detail = parse_object(text_of(given, "Detail"));
    if (!detail || text_of(given, "Detail").empty() || text_of(given, "Source").empty() ||
        text_of(given, "DetailType").empty()) {
      ++failed;
      results.push_back(json::object{
          {"ErrorCode", detail ? "InvalidArgument" : "MalformedDetail"},
          {"ErrorMessage", "Source, DetailType and a Detail that is a JSON object are needed."}});
      continue;
    }
    Event event{call.region, text_of(given, "Source"), text_of(given, "DetailType"), {}, *detail,
                call.now};
    if (const json::array* resources = array_if(given, "Resources")) {
      for (const json::value& r : *resources) {
        if (r.is_string()) event.resources.emplace_back(r.as_string());
      }
    }
    if (event.source.starts_with("aws.")) {
      ++failed;
      results.push_back(json::object{{"ErrorCode", "NotAuthorizedForSourceException"},
                                     {"ErrorMessage", "Not authorized for the source."}});
      continue;
    }
    results.push_back(json::object{{"EventId", put(event)}});
  }
  return Json{{"FailedEntryCount", failed}, {"Entries", std::move(results)}};
}

EventsService::Reply EventsService::tag(const Call& /*call*/, const Json& in) {
  std::lock_guard lock(mutex_);
  Rule* rule = rule_by_arn_locked(text_of(in, "ResourceARN"));
  if (rule == nullptr) return not_found("The rule does not exist.");
  if (const json::array* tags = array_if(in, "Tags")) {
    for (const json::value& one : *tags) {
      if (one.is_object())
        rule->tags[text_of(one.as_object(), "Key")] = text_of(one.as_object(), "Value");
    }
  }
  return Json{};
}

EventsService::Reply EventsService::untag(const Call& /*call*/, const Json& in) {
  std::lock_guard lock(mutex_);
  Rule* rule = rule_by_arn_locked(text_of(in, "ResourceARN"));
  if (rule == nullptr) return not_found("The rule does not exist.");
  if (const json::array* keys = array_if(in, "TagKeys")) {
    for (const json::value& key : *keys) {
      if (key.is_string()) rule->tags.erase(std::string(key.as_string()));
    }
  }
  return Json{};
}

EventsService::Reply EventsService::list_tags(const Call& /*call*/, const Json& in) {
  std::lock_guard lock(mutex_);
  const Rule* rule = rule_by_arn_locked(text_of(in, "ResourceARN"));
  if (rule == nullptr) return not_found("The rule does not exist.");
  json::array tags;
  for (const auto& [key, value] : rule->tags) {
    tags.push_back(json::object{{"Key", key}, {"Value", value}});
  }
  return Json{{"Tags", std::move(tags)}};
}

EventsService::Reply EventsService::describe_bus(const Call& call, const Json& /*in*/) {
  return Json{{"Name", "default"},
              {"Arn", make_arn("events", call.region, basics_.account, "event-bus/default")}};
}

std::string EventsService::put(const Event& event) {
  Json document{{"version", "0"},
                {"id", make_uuid(basics_.random)},
                {"detail-type", event.detail_type},
                {"source", event.source},
                {"account", basics_.account},
                {"time", rfc3339_s(event.time)},
                {"region", event.region},
                {"resources", json::array(event.resources.begin(), event.resources.end())},
                {"detail", event.detail}};
  std::vector<std::pair<Rule, Target>> matched;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, rule] : rules_) {
      if (key.first != event.region || !rule.enabled || rule.pattern.empty()) continue;
      if (!matches_pattern(rule.pattern, document)) continue;
      for (const Target& target : rule.targets) matched.emplace_back(rule, target);
    }
  }
  for (const auto& [rule, target] : matched) deliver(rule, target, document);
  return text_of(document, "id");
}

void EventsService::deliver(const Rule& rule, const Target& target, const Json& event) {
  std::string body = json::serialize(event);
  if (const auto input = text_if(target.as_given, "Input")) body = *input;
  bool delivered = false;
  if (arn_field(target.arn, 2) == "sqs") {
    SqsService::Delivery delivery{.queue_arn = target.arn, .body = std::move(body)};
    delivery.principal = "events.amazonaws.com";
    delivery.source_arn = rule.arn;
    delivered = queues_.deliver(delivery);
  } else {
    delivered = topics_.publish({.topic_arn = target.arn,
                                 .message = std::move(body),
                                 .principal = "events.amazonaws.com",
                                 .source_arn = rule.arn});
  }
  if (delivered) return;
  basics_.log.warn("devcloud.event_not_delivered",
                   {{"rule", rule.name},
                    {"target", target.arn},
                    {"reason", "no such target, or its policy does not let EventBridge in"}});
}

}  // namespace cordon::cloud
