// api/openapi.yaml and the routes of the console say the same: each operation of one is in the
// other, with the same parameters.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "base/text.h"
#include "console/api_routes.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

/// Query parameters by method and path ("get /api/v1/results"); the file is written so that lines
/// tell.
using Contract = std::map<std::string, std::set<std::string>>;

Contract written_contract() {
  const std::set<std::string> kMethods = {
      "    get:", "    post:", "    put:", "    patch:", "    delete:"};
  std::ifstream file(CORDON_OPENAPI);
  EXPECT_TRUE(file) << CORDON_OPENAPI;
  Contract contract;
  std::string path;
  std::string operation;
  constexpr std::string_view kName = "        - {name: ";
  for (std::string line; std::getline(file, line);) {
    if (line == "components:") break;
    if (line.starts_with("  /")) {
      path = line.substr(2, line.size() - 3);
    } else if (line.starts_with("    ") && line[4] != ' ' && !path.empty()) {
      EXPECT_TRUE(kMethods.contains(line)) << line;
      operation = line.substr(4, line.size() - 5) + " " + path;
      contract[operation];
    } else if (line.starts_with(kName)) {
      const std::size_t comma = line.find(',');
      EXPECT_NE(comma, std::string::npos) << line;
      if (line.find("in: query") == std::string::npos) continue;
      contract[operation].insert(line.substr(kName.size(), comma - kName.size()));
    }
  }
  return contract;
}

std::string operation_of(const ApiRoute& route) {
  return lower(route.method) + " " + std::string(route.path);
}

/// A path of the route.
std::string target_of(const ApiRoute& route) {
  return std::regex_replace(std::string(route.path), std::regex("\\{[a-z]+\\}"), "111");
}

/// What is said of a target of the route with a value for the parameter that is not as it should
/// be, or could be anything.
std::optional<Errc> outcome_of(const ApiRoute& route, const std::string& parameter) {
  static ConsoleWorld world;
  const std::string target = target_of(route);
  ApiRequest request =
      ApiRequest::parse(target + "?" + parameter + "=1&" + parameter + "=\xC3\xBC").value();
  const ServerRequest http{.method = std::string(route.method), .target = target};
  std::vector<std::string> arguments;
  const auto routes = find_routes(request.segments(), arguments);
  EXPECT_EQ(std::count(routes.begin(), routes.end(), &route), 1);
  RequestGate gate(world.store, world.people, {}, world.clock, world.metrics);
  SignIn sign_in(world.people, *world.passwords, world.clock, world.metrics);
  PeopleAccess access{world.people, world.people, world.store, world.people, *world.passwords,
                      world.setup,  sign_in,      gate,        world.random};
  const Admission caller{.name = "test"};
  AuditNote note;
  ApiCall call{.http = http,
               .request = request,
               .arguments = arguments,
               .findings = world.store,
               .store = world.store,
               .agents = world.store,
               .deployment = world.desk,
               .bearer = caller.name,
               .now = world.clock.system_now(),
               .deadline = Deadline::never(),
               .stop = {},
               .caller = caller,
               .people = access,
               .note = note};
  const Result<ServerResponse> answer = route.answer(call);
  if (answer) return std::nullopt;
  // "there is no such parameter here" against what is wrong with its values.
  const bool is_unknown = answer.error().what.find("no such parameter") != std::string::npos;
  return is_unknown ? std::optional(Errc::not_found) : answer.error().code;
}

TEST(ApiContract, HasEveryRouteAndNoOther) {
  std::set<std::string> routed;
  for (const ApiRoute& route : api_routes()) routed.insert(operation_of(route));
  std::set<std::string> written;
  for (const auto& [operation, parameters] : written_contract()) written.insert(operation);

  EXPECT_EQ(routed, written);
  EXPECT_GE(routed.size(), 63U);
}

TEST(ApiContract, HasEveryParameterAndNoOther) {
  const Contract contract = written_contract();
  std::set<std::string> all = {"nonsense", "Bucket", "offset"};
  for (const auto& [operation, parameters] : contract)
    all.insert(parameters.begin(), parameters.end());
  for (const ApiRoute& route : api_routes()) {
    for (const std::string& parameter : all) {
      SCOPED_TRACE(operation_of(route) + " " + parameter);
      const bool is_written = contract.at(operation_of(route)).contains(parameter);
      const std::optional<Errc> outcome = outcome_of(route, parameter);
      // Given twice with nonsense, what is known is wrong or means several values.
      EXPECT_EQ(outcome == Errc::not_found, !is_written);
    }
  }
}

TEST(ApiContract, OtherPathsHaveNoRoute) {
  for (const char* target :
       {"/api/v1/", "/api/v1", "/api/v1/results/", "/api/v1//results", "/api/v1/problems/1/",
        "/api/v1/problems//occurrences", "/api/v1/problems/1/2", "/api/v1/results/a/b",
        "/api/v2/results", "/api/v1/results%2f1", "/API/v1/results"}) {
    std::vector<std::string> arguments;
    ApiRequest request = ApiRequest::parse(target).value();
    EXPECT_TRUE(find_routes(request.segments(), arguments).empty()) << target;
  }
}

}  // namespace
}  // namespace cordon
