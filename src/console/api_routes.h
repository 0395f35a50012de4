#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "console/api_request.h"
#include "core/ports/finding_queries.h"
#include "net/http_server.h"

namespace cordon {

/// One request to the API, from a client that was let in.
struct ApiCall {
  const ServerRequest& http;
  ApiRequest& request;
  /// What stands for {...} of the route's path, in order.
  const std::vector<std::string>& arguments;
  FindingQueries& findings;
  Deadline deadline;
  std::stop_token stop;
};

/// One operation of api/openapi.yaml. All of them read.
struct ApiRoute {
  std::string_view path;  ///< "/api/v1/problems/{id}"
  Result<ServerResponse> (*answer)(ApiCall& call);
};

/// Every operation that there is.
std::span<const ApiRoute> api_routes();

/// The route of a path, and what stands for its {...}; nullptr: none.
const ApiRoute* find_route(const std::vector<std::string>& segments,
                           std::vector<std::string>& arguments);

}  // namespace cordon
