#include "aws/event_bridge.h"

#include <algorithm>
#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kReplyBytesMax = 1U << 20U;
constexpr std::size_t kTargetsMax = 100;

Result<json::object> exchange(ServiceClient& client, const char* operation,
                              const json::object& body, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(
      const HttpResponse response,
      client.call(json_call(AwsService::events, operation, body), deadline, std::move(stop)));
  if (response.body.empty()) return json::object();
  return parse_json_object(response.body, operation, kReplyBytesMax);
}

// PutTargets and RemoveTargets succeed also when they fail for some of their targets.
Result<void> check_entries(const json::object& reply, const char* operation) {
  if (u64_member(reply, "FailedEntryCount").value_or(0) == 0) return {};
  std::string why = "no reason given";
  const json::value* entries = reply.if_contains("FailedEntries");
  if (entries != nullptr && entries->is_array() && !entries->get_array().empty()) {
    if (const json::object* first = entries->get_array().front().if_object()) {
      why = string_member(*first, "ErrorCode").value_or("") + ": " +
            string_member(*first, "ErrorMessage").value_or("");
    }
  }
  return Error{Errc::invalid, std::string(operation) + ": a target was refused: " + why};
}

// A target keeps its id as long as it leads to the same place.
std::string id_of(const std::string& arn) { return "cordon-" + hex(sha256(arn)).substr(0, 16); }

Result<std::vector<RuleTarget>> targets_of(ServiceClient& client, const std::string& name,
                                           Deadline deadline, std::stop_token stop) {
  const AwsCall call =
      json_call(AwsService::events, "ListTargetsByRule", json::object{{"Rule", name}});
  CORDON_TRY(const HttpResponse response, client.call(call, deadline, std::move(stop)));
  return decode_targets(response.body);
}

Result<void> remove_targets(ServiceClient& client, const std::string& name,
                            const std::vector<std::string>& ids, Deadline deadline,
                            std::stop_token stop) {
  if (ids.empty()) return {};
  const json::object body{{"Rule", name}, {"Ids", json::array(ids.begin(), ids.end())}};
  CORDON_TRY(const json::object reply,
             exchange(client, "RemoveTargets", body, deadline, std::move(stop)));
  return check_entries(reply, "RemoveTargets");
}

}  // namespace

Result<EventRule> decode_rule(std::string_view text) {
  constexpr const char* kOperation = "DescribeRule";
  CORDON_TRY(const json::object reply, parse_json_object(text, kOperation, kReplyBytesMax));
  EventRule rule;
  rule.name = string_member(reply, "Name").value_or("");
  if (rule.name.empty()) return broken_reply(kOperation, "a rule without a name");
  rule.pattern = string_member(reply, "EventPattern").value_or("");
  rule.description = string_member(reply, "Description").value_or("");
  rule.enabled = string_member(reply, "State").value_or("") != "DISABLED";
  return rule;
}

Result<std::vector<RuleTarget>> decode_targets(std::string_view text) {
  constexpr const char* kOperation = "ListTargetsByRule";
  CORDON_TRY(const json::object reply, parse_json_object(text, kOperation, kReplyBytesMax));
  std::vector<RuleTarget> targets;
  const json::value* list = reply.if_contains("Targets");
  if (list == nullptr || list->is_null()) return targets;
  if (!list->is_array() || list->get_array().size() > kTargetsMax) {
    return broken_reply(kOperation, "Targets is no list of a likely length");
  }
  for (const json::value& one : list->get_array()) {
    const json::object* target = one.if_object();
    if (target == nullptr) return broken_reply(kOperation, "a target that is no object");
    targets.push_back(
        {string_member(*target, "Id").value_or(""), string_member(*target, "Arn").value_or("")});
  }
  return targets;
}

Result<std::optional<EventRule>> EventBridge::rule(const std::string& name, Deadline deadline,
                                                   std::stop_token stop) {
  using Found = std::optional<EventRule>;
  const AwsCall call = json_call(AwsService::events, "DescribeRule", json::object{{"Name", name}});
  const Result<HttpResponse> response = client_.call(call, deadline, stop);
  if (!response && response.error().code == Errc::not_found) return Found();
  CORDON_TRY(response);
  CORDON_TRY(EventRule rule, decode_rule(response->body));
  CORDON_TRY(const std::vector<RuleTarget> targets,
             targets_of(client_, name, deadline, std::move(stop)));
  for (const RuleTarget& target : targets) rule.targets.push_back(target.arn);
  return Found(std::move(rule));
}

Result<void> EventBridge::put_rule(const EventRule& rule, Deadline deadline, std::stop_token stop) {
  const json::object body{{"Name", rule.name},
                          {"EventPattern", rule.pattern},
                          {"Description", rule.description},
                          {"State", rule.enabled ? "ENABLED" : "DISABLED"}};
  CORDON_TRY(exchange(client_, "PutRule", body, deadline, stop));
  json::array wanted;
  for (const std::string& arn : rule.targets) {
    wanted.push_back(json::object{{"Id", id_of(arn)}, {"Arn", arn}});
  }
  if (!wanted.empty()) {
    CORDON_TRY(const json::object reply,
               exchange(client_, "PutTargets",
                        json::object{{"Rule", rule.name}, {"Targets", std::move(wanted)}}, deadline,
                        stop));
    CORDON_TRY(check_entries(reply, "PutTargets"));
  }
  CORDON_TRY(const std::vector<RuleTarget> present, targets_of(client_, rule.name, deadline, stop));
  std::vector<std::string> others;
  for (const RuleTarget& target : present) {
    const bool ours = std::any_of(rule.targets.begin(), rule.targets.end(),
                                  [&](const std::string& arn) { return target.id == id_of(arn); });
    if (!ours) others.push_back(target.id);
  }
  return remove_targets(client_, rule.name, others, deadline, std::move(stop));
}

Result<void> EventBridge::remove_rule(const std::string& name, Deadline deadline,
                                      std::stop_token stop) {
  const Result<std::vector<RuleTarget>> targets = targets_of(client_, name, deadline, stop);
  if (!targets && targets.error().code == Errc::not_found) return {};
  CORDON_TRY(targets);
  std::vector<std::string> ids;
  for (const RuleTarget& target : *targets) ids.push_back(target.id);
  CORDON_TRY(remove_targets(client_, name, ids, deadline, stop));
  CORDON_TRY(
      exchange(client_, "DeleteRule", json::object{{"Name", name}}, deadline, std::move(stop)));
  return {};
}

}  // namespace cordon
