#include "devcloud/access/access_requests.h"

#include <boost/json.hpp>
#include <optional>

#include "devcloud/json_in.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

// The parameters of a request in either protocol, by name.
class Parameters {
 public:
  explicit Parameters(const Call& call) {
    if (call.request.headers.has("x-amz-target")) {
      body_ = parse_object(call.request.body).value_or(json::object{});
      return;
    }
    form_ = call.target.query;
    if (const auto form = parse_form(call.request.body)) {
      form_.insert(form_.end(), form->begin(), form->end());
    }
  }

  std::string text(std::string_view name) const {
    if (body_) return text_of(*body_, name);
    for (const auto& [key, value] : form_) {
      if (key == name) return value;
    }
    return {};
  }

  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> out;
    const json::array* list = body_ ? array_if(*body_, name) : nullptr;
    if (list == nullptr) return out;
    for (const json::value& one : *list) {
      if (one.is_string()) out.emplace_back(one.as_string());
    }
    return out;
  }

 private:
  std::optional<json::object> body_;
  RequestTarget::Query form_;
};

std::string without_batch(std::string_view action) {
  if (action.ends_with("Batch")) action.remove_suffix(5);
  return std::string(action);
}

std::vector<AccessNeed> sqs_needs(const Call& call, std::string_view action,
                                  const std::string& account, const Parameters& in) {
  if (action == "ListQueues") return {{"sqs:ListQueues", "*"}};
  std::string name = in.text("QueueName");
  const std::string url = in.text("QueueUrl");
  if (!url.empty()) name = url.substr(url.rfind('/') + 1);
  return {{"sqs:" + without_batch(action), make_arn("sqs", call.region, account, name)}};
}

std::vector<AccessNeed> sns_needs(const Call& call, std::string_view action,
                                  const std::string& account, const Parameters& in) {
  const std::string need = "sns:" + without_batch(action);
  if (action == "CreateTopic") {
    return {{need, make_arn("sns", call.region, account, in.text("Name"))}};
  }
  for (const char* name : {"TopicArn", "TargetArn", "ResourceArn"}) {
    if (const std::string arn = in.text(name); !arn.empty()) return {{need, arn}};
  }
  return {{need, "*"}};  // Lists, and what names a subscription: these have no resource.
}

// IAM sees a log group as "log-group:NAME:log-stream:STREAM", with nothing after the last colon
// where the action names no stream; only tags are on the group itself.
std::vector<AccessNeed> logs_needs(const Call& call, std::string_view action,
                                   const std::string& account, const Parameters& in) {
  const std::string need = "logs:" + std::string(action);
  if (const std::string arn = in.text("resourceArn"); !arn.empty()) return {{need, arn}};
  std::string group = in.text("logGroupName");
  if (group.empty()) {
    group = in.text("logGroupIdentifier");
    if (const std::size_t at = group.find(":log-group:"); at != std::string::npos) {
      group = group.substr(at + 11);
    }
  }
  const bool on_stream = action == "CreateLogStream" || action == "PutLogEvents" ||
                         action == "GetLogEvents" || action == "DeleteLogStream";
  return {{need, make_arn("logs", call.region, account,
                          "log-group:" + group +
                              ":log-stream:" + (on_stream ? in.text("logStreamName") : ""))}};
}

std::vector<AccessNeed> events_needs(const Call& call, std::string_view action,
                                     const std::string& account, const Parameters& in) {
  const std::string need = "events:" + std::string(action);
  const auto arn = [&](const std::string& what) {
    return make_arn("events", call.region, account, what);
  };
  if (const std::string named = in.text("ResourceARN"); !named.empty()) return {{need, named}};
  if (action == "PutEvents" || action == "DescribeEventBus")
    return {{need, arn("event-bus/default")}};
  for (const char* name : {"Name", "Rule"}) {
    if (const std::string rule = in.text(name); !rule.empty()) return {{need, arn("rule/" + rule)}};
  }
  return {{need, arn("rule/*")}};  // Lists.
}

std::vector<AccessNeed> gateway_needs(std::string_view action, const Parameters& in) {
  const std::string need = "storagegateway:" + std::string(action);
  std::vector<AccessNeed> needs;
  for (const std::string& arn : in.texts("FileShareARNList")) needs.push_back({need, arn});
  if (!needs.empty()) return needs;
  for (const char* name : {"FileShareARN", "GatewayARN"}) {
    if (const std::string arn = in.text(name); !arn.empty()) return {{need, arn}};
  }
  return {{need, "*"}};
}

std::vector<AccessNeed> iam_needs(const Call& call, std::string_view action, const Parameters& in) {
  const std::string need = "iam:" + std::string(action);
  for (const auto& [name, kind] :
       {std::pair("UserName", "user/"), std::pair("RoleName", "role/")}) {
    if (const std::string who = in.text(name); !who.empty()) {
      return {{need, make_iam_arn(call.region, call.identity.account, kind + who)}};
    }
  }
  return {{need, "*"}};
}

}  // namespace

std::vector<AccessNeed> needs_of(const Call& call, std::string_view action,
                                 const std::string& account) {
  const Parameters in(call);
  if (call.service == "sqs") return sqs_needs(call, action, account, in);
  if (call.service == "sns") return sns_needs(call, action, account, in);
  if (call.service == "logs") return logs_needs(call, action, account, in);
  if (call.service == "events") return events_needs(call, action, account, in);
  if (call.service == "storagegateway") return gateway_needs(action, in);
  if (call.service == "iam") return iam_needs(call, action, in);
  if (call.service == "sts") {
    if (action == "AssumeRole") return {};  // The dispatcher asks the role's trust policy as well.
    if (action == "GetCallerIdentity") return {};  // Needs no right, and cannot be denied.
  }
  return {{call.service + ":" + std::string(action), "*"}};
}

}  // namespace cordon::cloud
