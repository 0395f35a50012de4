#include "console/api_routes.h"

#include <algorithm>
#include <iterator>

#include "console/api_families.h"
#include "console/people_routes.h"

namespace cordon {
namespace {

// One line for each family, in the order of api/openapi.yaml.
std::vector<ApiRoute> all_routes() {
  std::vector<ApiRoute> all;
  for (const std::span<const ApiRoute> family :
       {findings_routes(), bucket_routes(), quarantine_routes(), settings_routes(), letter_routes(),
        signature_routes(), sweep_routes(), gateway_routes(), health_routes()}) {
    std::copy(family.begin(), family.end(), std::back_inserter(all));
  }
  for (const std::span<const ApiRoute> family : {setup_routes(), session_routes(), own_routes(),
                                                 people_routes(), token_routes(), audit_routes()}) {
    for (ApiRoute route : family) {
      route.may_tell_secrets = true;
      all.push_back(route);
    }
  }
  return all;
}

bool fits(std::string_view path, const std::vector<std::string>& segments,
          std::vector<std::string>& arguments) {
  arguments.clear();
  path.remove_prefix(1);
  for (const std::string& segment : segments) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (part.empty()) return false;
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.starts_with('{')) {
      if (segment.empty()) return false;
      arguments.push_back(segment);
    } else if (part != segment) {
      return false;
    }
  }
  return path.empty();
}

}  // namespace

std::span<const ApiRoute> api_routes() {
  static const std::vector<ApiRoute> routes = all_routes();
  return routes;
}

std::vector<const ApiRoute*> find_routes(const std::vector<std::string>& segments,
                                         std::vector<std::string>& arguments) {
  std::vector<const ApiRoute*> found;
  for (const ApiRoute& route : api_routes()) {
    std::vector<std::string> here;
    if (!fits(route.path, segments, here)) continue;
    // /letters/replay is what its name says, and no letter of that id.
    if (!found.empty() && here.size() > arguments.size()) continue;
    if (!found.empty() && here.size() < arguments.size()) found.clear();
    found.push_back(&route);
    arguments = std::move(here);
  }
  return found;
}

}  // namespace cordon
