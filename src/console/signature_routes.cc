// The brake on new signatures: what they found too much of, and what people decide about it.

#include <array>
#include <boost/json.hpp>

#include "console/api_body.h"
#include "console/api_families.h"
#include "console/deployment_response.h"
#include "operations/signature_brake.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLookTime{60};
constexpr std::chrono::seconds kDecideTime{120};  // Giving the same decision again goes on.
constexpr std::size_t kNamesMax = 100;

Result<ServerResponse> show(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  return call.deployment.answer(
      {.time = kLookTime}, call.stop, [](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const BrakeReport report, report_brake(work.access, work.runtime));
        json::object document = document_of(report);
        document["pending"] = report.is_pending();
        return document_response(document);
      });
}

std::vector<std::string> words_of(const BrakeDecision& decision) {
  std::vector<std::string> words{"signatures"};
  switch (decision.kind) {
    case BrakeDecision::Kind::confirm:
      words.emplace_back("confirm");
      break;
    case BrakeDecision::Kind::reject_names:
      words.emplace_back("reject");
      for (const std::string& name : decision.names) words.insert(words.end(), {"--name", name});
      break;
    case BrakeDecision::Kind::reject_set:
      words.insert(words.end(), {"reject", "--set"});
      break;
  }
  return words;
}

ServerResponse decide(ApiCall& call, BrakeDecision decision) {
  const BrakeOrder order{.decision = std::move(decision), .decider = call.bearer + "@console"};
  return call.deployment.answer(
      {.time = kDecideTime, .alone_on = "the brake"}, call.stop,
      [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const DecidedBrake decided,
                   decide_brake(work.access, work.runtime, order, [](const ReleaseProgress&) {}));
        json::object document = document_of(decided);
        document["command"] = equal_command(work.access, words_of(order.decision));
        return document_response(document);
      });
}

Result<ServerResponse> confirm(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(ApiBody::parse(call.http, {}));
  return decide(call, {.kind = BrakeDecision::Kind::confirm});
}

// {"names": [...]}: these; {"set": true}: the whole set; neither: all new names.
Result<ServerResponse> reject(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(ApiBody body, ApiBody::parse(call.http, {"names", "set"}));
  const std::vector<std::string> names = body.texts("names", kNamesMax);
  BrakeDecision decision{.kind = BrakeDecision::Kind::reject_names};
  if (body.flag("set")) decision.kind = BrakeDecision::Kind::reject_set;
  decision.names = {names.begin(), names.end()};
  if (body.flag("set") && !names.empty()) body.wrong("names");
  CORDON_TRY(body.checked());
  CORDON_TRY(check_order(BrakeOrder{.decision = decision, .decider = call.bearer}));
  return decide(call, std::move(decision));
}

constexpr std::array<ApiRoute, 3> kRoutes = {{
    {"GET", "/api/v1/signatures/brake", ApiRole::viewer, show},
    {"POST", "/api/v1/signatures/brake/confirm", ApiRole::admin, confirm},
    {"POST", "/api/v1/signatures/brake/reject", ApiRole::admin, reject},
}};

}  // namespace

std::span<const ApiRoute> signature_routes() { return kRoutes; }

}  // namespace cordon
