#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "console/api_request.h"
#include "console/deployment_desk.h"
#include "console/people_access.h"
#include "core/api_token.h"
#include "core/ports/agent_report_store.h"
#include "core/ports/finding_queries.h"
#include "core/ports/finding_store.h"
#include "net/http_server.h"

namespace cordon {

/// One request to the API, from a client that was let in, or to a route that is open.
struct ApiCall {
  const ServerRequest& http;
  ApiRequest& request;
  /// What stands for {...} of the route's path, in order.
  const std::vector<std::string>& arguments;
  FindingQueries& findings;
  FindingStore& store;
  AgentReportStore& agents;
  DeploymentDesk& deployment;
  const std::string& bearer;  ///< The name of its token or person.
  SystemTime now;
  Deadline deadline;
  std::stop_token stop;
  const Admission& caller;
  PeopleAccess& people;
  AuditNote& note;
};

/// One operation of api/openapi.yaml.
struct ApiRoute {
  std::string_view method;  ///< "GET" is HEAD's, too.
  std::string_view path;    ///< "/api/v1/problems/{id}"
  /// What its caller has to be at least; none: it is open to whoever asks.
  std::optional<ApiRole> role;
  Result<ServerResponse> (*answer)(ApiCall& call);
  bool only_asks = false;         ///< It changes nothing, although its method is not GET.
  bool may_tell_secrets = false;  ///< No answer of it is kept.
  bool is_routine = false;        ///< Agents do it all day: the audit log does not tell of it.
};

/// Every operation that there is.
std::span<const ApiRoute> api_routes();

/// The routes of a path, one for each method that it has; empty: there is nothing. `arguments`:
/// what stands for its {...}.
std::vector<const ApiRoute*> find_routes(const std::vector<std::string>& segments,
                                         std::vector<std::string>& arguments);

}  // namespace cordon
