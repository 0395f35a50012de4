// api/openapi.yaml and the routes of the console say the same: each operation of one is in the
// other, with the same parameters.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "console/api_routes.h"
#include "testing/fake_finding_store.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

/// Query parameters by path; the file is written so that lines tell.
using Contract = std::map<std::string, std::set<std::string>>;

Contract written_contract() {
  std::ifstream file(CORDON_OPENAPI);
  EXPECT_TRUE(file) << CORDON_OPENAPI;
  Contract contract;
  std::string path;
  constexpr std::string_view kName = "        - {name: ";
  for (std::string line; std::getline(file, line);) {
    if (line == "components:") break;
    if (line.starts_with("  /")) {
      path = line.substr(2, line.size() - 3);
      contract[path];
    } else if (line.starts_with("    ") && line[4] != ' ' && !path.empty()) {
      EXPECT_EQ(line, "    get:") << path;
    } else if (line.starts_with(kName)) {
      const std::size_t comma = line.find(',');
      EXPECT_NE(comma, std::string::npos) << line;
      if (line.find("in: query") == std::string::npos) continue;
      contract[path].insert(line.substr(kName.size(), comma - kName.size()));
    }
  }
  return contract;
}

/// A target of the route, with one value for the parameter that is not as it should be, or could be
/// anything.
std::optional<Errc> outcome_of(const ApiRoute& route, const std::string& parameter) {
  const SimulatedClock clock;
  FakeFindingStore store(clock);
  std::string target(route.path);
  const std::size_t brace = target.find("{id}");
  if (brace != std::string::npos) target.replace(brace, 4, "1");
  ApiRequest request =
      ApiRequest::parse(target + "?" + parameter + "=1&" + parameter + "=\xC3\xBC").value();
  const ServerRequest http{.method = "GET", .target = target};
  std::vector<std::string> arguments;
  EXPECT_EQ(find_route(request.segments(), arguments), &route);
  ApiCall call{http, request, arguments, store, Deadline::never(), {}};
  const Result<ServerResponse> answer = route.answer(call);
  if (answer) return std::nullopt;
  // "there is no such parameter here" against what is wrong with its values.
  const bool is_unknown = answer.error().what.find("no such parameter") != std::string::npos;
  return is_unknown ? std::optional(Errc::not_found) : answer.error().code;
}

TEST(ApiContract, HasEveryRouteAndNoOther) {
  std::set<std::string> routed;
  for (const ApiRoute& route : api_routes()) routed.insert(std::string(route.path));
  std::set<std::string> written;
  for (const auto& [path, parameters] : written_contract()) written.insert(path);

  EXPECT_EQ(routed, written);
  EXPECT_GE(routed.size(), 6U);
}

TEST(ApiContract, HasEveryParameterAndNoOther) {
  const Contract contract = written_contract();
  std::set<std::string> all = {"nonsense", "Bucket", "offset"};
  for (const auto& [path, parameters] : contract) all.insert(parameters.begin(), parameters.end());
  for (const ApiRoute& route : api_routes()) {
    for (const std::string& parameter : all) {
      SCOPED_TRACE(std::string(route.path) + " " + parameter);
      const bool is_written = contract.at(std::string(route.path)).contains(parameter);
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
    EXPECT_EQ(find_route(request.segments(), arguments), nullptr) << target;
  }
}

}  // namespace
}  // namespace cordon
