#include "aws/protocols.h"

#include <array>

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "base/text.h"

namespace cordon {
namespace {

struct JsonProtocol {
  const char* target;
  const char* content_type;
};

// What a call is about, for errors: the first of these members that it has.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kResources{
    {{"QueueUrl", "queue "},
     {"QueueName", "queue "},
     {"logGroupName", "log group "},
     {"TopicArn", "topic "},
     {"SubscriptionArn", "subscription "},
     {"Name", "topic "}}};

JsonProtocol json_protocol(AwsService service) {
  switch (service) {
    case AwsService::sqs:
      return {"AmazonSQS.", "application/x-amz-json-1.0"};
    case AwsService::logs:
      return {"Logs_20140328.", "application/x-amz-json-1.1"};
    case AwsService::events:
      return {"AWSEvents.", "application/x-amz-json-1.1"};
    case AwsService::storagegateway:
      return {"StorageGateway_20130630.", "application/x-amz-json-1.1"};
    case AwsService::s3:
    case AwsService::sns:
    case AwsService::sts:
      break;
  }
  CORDON_CHECK(false && "the service does not speak JSON");
  return {};
}

}  // namespace

AwsCall query_call(AwsService service, std::string operation, std::string_view version,
                   const QueryFields& fields) {
  AwsCall call{.service = service, .operation = std::move(operation)};
  call.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  call.body = "Action=" + call.operation + "&Version=" + std::string(version);
  for (const auto& [member, kind] : kResources) {
    for (const auto& [name, value] : fields) {
      if (name == member && call.resource.empty()) call.resource = std::string(kind) + value;
    }
  }
  for (const auto& [name, value] : fields) {
    call.body += "&" + percent_encode(name, false) + "=" + percent_encode(value, false);
  }
  return call;
}

AwsCall json_call(AwsService service, std::string operation, const boost::json::object& body) {
  const JsonProtocol protocol = json_protocol(service);
  AwsCall call{.service = service, .operation = std::move(operation)};
  call.headers.add("Content-Type", protocol.content_type);
  call.headers.add("X-Amz-Target", protocol.target + call.operation);
  for (const auto& [member, kind] : kResources) {
    const std::optional<std::string> value = string_member(body, member);
    if (value && call.resource.empty()) call.resource = std::string(kind) + *value;
  }
  call.body = boost::json::serialize(body);
  return call;
}

std::optional<Region> region_in_arn(std::string_view arn) {
  // arn:partition:service:region:account:resource
  for (int i = 0; i < 3; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    arn.remove_prefix(colon + 1);
  }
  const std::size_t end = arn.find(':');
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  return Region(std::string(arn.substr(0, end)));
}

}  // namespace cordon
