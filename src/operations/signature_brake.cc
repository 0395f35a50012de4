#include "operations/signature_brake.h"

#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kQueueLimit{60};
constexpr std::size_t kNameBytesMax = 256;

/// Decisions of the access's region, and the documents that they stand on.
struct OpenDecisions {
  std::unique_ptr<DocumentStore> pulled;
  std::unique_ptr<DocumentStore> decided;
  std::unique_ptr<BrakeDecisions> decisions;
};

OpenDecisions open_decisions(DeploymentAccess& access, const Runtime& runtime,
                             std::string decider = "") {
  BrakeDecisionsOptions options{.bucket = access.deployment().system_bucket(access.account()),
                                .folder = Deployment::brake_folder(access.region()),
                                .decider = std::move(decider)};
  OpenDecisions open;
  open.pulled = access.system_document(ObjectKey(options.folder + "pulled.json"));
  open.decided = access.system_document(ObjectKey(options.folder + "state.json"));
  open.decisions = std::make_unique<BrakeDecisions>(
      std::move(options),
      BrakeDecisionsPorts{*open.pulled, *open.decided, access.catalogue(), access.store(),
                          runtime.clock, runtime.random, runtime.log, runtime.metrics});
  return open;
}

template <typename Texts>
json::array array_of(const Texts& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(utf8_clean(text, kNameBytesMax));
  return out;
}

json::value time_or_null(const std::optional<SystemTime>& time) {
  return time ? json::value(rfc3339_ms(*time)) : json::value(nullptr);
}

}  // namespace

bool BrakeReport::is_pending() const {
  return state.phase == BrakeState::Phase::holding || held.count > 0;
}

Result<BrakeState> brake_state(DeploymentAccess& access, const Runtime& runtime) {
  return open_decisions(access, runtime).decisions->state(runtime.stop);
}

Result<BrakeReport> report_brake(DeploymentAccess& access, const Runtime& runtime) {
  const OpenDecisions open = open_decisions(access, runtime);
  BrakeReport report{.region = access.region()};
  CORDON_TRY(report.state, open.decisions->state(runtime.stop));
  CORDON_TRY(report.held, open.decisions->held(runtime.stop));
  report.names = report.held.names;
  report.names.insert(report.state.names.begin(), report.state.names.end());
  return report;
}

Result<void> check_order(const BrakeOrder& order) {
  for (const std::string& name : order.decision.names) {
    if (!name.empty() && name.size() <= kNameBytesMax && is_utf8(name)) continue;
    return Error{Errc::invalid, "--name takes a name as cordon signatures brake shows it"};
  }
  return {};
}

Result<DecidedBrake> decide_brake(DeploymentAccess& access, const Runtime& runtime,
                                  const BrakeOrder& order,
                                  const std::function<void(const ReleaseProgress&)>& progress) {
  CORDON_TRY(check_order(order));
  CORDON_TRY(const std::unique_ptr<ScanRequestQueue> queue,
             access.scan_requests(Deadline::after(runtime.clock, kQueueLimit), runtime.stop));
  const OpenDecisions open = open_decisions(access, runtime, order.decider);
  return open.decisions->decide(order.decision, *queue, progress, runtime.stop);
}

json::object document_of(const BrakeReport& report) {
  const BrakeState& state = report.state;
  return json::object{{"schema", "cordon.brake-report/1"},
                      {"region", report.region.str()},
                      {"state", name_of(state.phase)},
                      {"set", state.set},
                      {"names", array_of(report.names)},
                      {"agent", state.agent},
                      {"since", time_or_null(state.since)},
                      {"scanned", state.scanned},
                      {"infected", state.infected},
                      {"held", report.held.count},
                      {"decidedAt", time_or_null(state.decided_at)},
                      {"decidedBy", state.decided_by},
                      {"ignored", array_of(state.ignored)},
                      {"rejectedSets", array_of(state.rejected_sets)}};
}

json::object document_of(const DecidedBrake& decided) {
  const BrakeState& state = decided.state;
  return json::object{{"schema", "cordon.brake-decision/1"},
                      {"state", name_of(state.phase)},
                      {"set", state.set},
                      {"names", array_of(state.names)},
                      {"ignored", array_of(state.ignored)},
                      {"rejectedSets", array_of(state.rejected_sets)},
                      {"asked", decided.released.asked},
                      {"broken", decided.released.broken},
                      {"refused", decided.released.refused}};
}

}  // namespace cordon
