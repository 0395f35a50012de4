#include "aws/logs_admin.h"

#include <boost/json.hpp>

#include "aws/protocols.h"

namespace cordon {
namespace {

namespace json = boost::json;

Result<void> create(ServiceClient& client, const AwsCall& call, Deadline deadline,
                    std::stop_token stop) {
  const Result<HttpResponse> response = client.call(call, deadline, std::move(stop));
  if (response || response.error().remote_code == "ResourceAlreadyExistsException") return {};
  return response.error();
}

}  // namespace

Result<void> LogsAdmin::ensure_group(const std::string& group, Deadline deadline,
                                     std::stop_token stop) {
  return create(
      client_, json_call(AwsService::logs, "CreateLogGroup", json::object{{"logGroupName", group}}),
      deadline, std::move(stop));
}

Result<void> LogsAdmin::ensure_stream(const std::string& group, const std::string& stream,
                                      Deadline deadline, std::stop_token stop) {
  return create(client_,
                json_call(AwsService::logs, "CreateLogStream",
                          json::object{{"logGroupName", group}, {"logStreamName", stream}}),
                deadline, std::move(stop));
}

}  // namespace cordon
