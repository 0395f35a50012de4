#include "devcloud/messaging/sqs_requests.h"

#include <algorithm>
#include <array>

#include "devcloud/json_in.h"

namespace cordon::cloud {

namespace json = boost::json;

AwsError refuse(std::string code, std::string message) {
  return {400, std::move(code), std::move(message)};
}

AwsError missing(std::string_view parameter) {
  return refuse("MissingParameter",
                "The request must contain the parameter " + std::string(parameter) + ".");
}

AwsError bad_value(std::string_view name, std::string_view value, std::string_view reason) {
  return refuse("InvalidParameterValue", "Value " + std::string(value) + " for parameter " +
                                             std::string(name) +
                                             " is invalid. Reason: " + std::string(reason) + ".");
}

AwsError no_queue() { return refuse("QueueDoesNotExist", "The specified queue does not exist."); }

std::string query_code(std::string_view code) {
  static constexpr std::array kPrefixed{
      "EmptyBatchRequest",    "BatchEntryIdsNotDistinct", "TooManyEntriesInBatchRequest",
      "InvalidBatchEntryId",  "BatchRequestTooLong",      "MessageNotInflight",
      "PurgeQueueInProgress", "QueueDeletedRecently",     "UnsupportedOperation"};
  if (code == "QueueDoesNotExist") return "AWS.SimpleQueueService.NonExistentQueue";
  if (code == "QueueNameExists") return "QueueAlreadyExists";
  if (std::find(kPrefixed.begin(), kPrefixed.end(), code) != kPrefixed.end()) {
    return "AWS.SimpleQueueService." + std::string(code);
  }
  return std::string(code);
}

std::vector<std::string> names_in(const json::object& in, std::string_view name) {
  std::vector<std::string> out;
  if (const json::array* list = array_if(in, name)) {
    for (const json::value& one : *list) {
      if (one.is_string()) out.emplace_back(one.as_string());
    }
  }
  return out;
}

bool wants(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& wanted) {
    return wanted == "All" || wanted == name || wanted == ".*" ||
           (wanted.ends_with(".*") && name.starts_with(wanted.substr(0, wanted.size() - 1)));
  });
}

}  // namespace cordon::cloud
