#pragma once

#include <functional>
#include <set>
#include <string>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "brake/brake_decisions.h"
#include "operations/deployment_access.h"

// What people see of the brake of a region, which is pulled when new signatures find too much, and
// what they decide (docs/adr/0037-brake.md). Errors: those of BrakeDecisions.

namespace cordon {

/// What is held in a region, and why.
struct BrakeReport {
  Region region;
  BrakeState state = {};
  HeldList held = {};
  std::set<std::string> names = {};  ///< Of the pull, and in the records of what is held.

  /// Whether somebody has to decide, or to finish a decision that was interrupted.
  bool is_pending() const;
};

/// Where the brake is, without a look at what is held.
Result<BrakeState> brake_state(DeploymentAccess& access, const Runtime& runtime);

Result<BrakeReport> report_brake(DeploymentAccess& access, const Runtime& runtime);

/// A decision, and whose it is.
struct BrakeOrder {
  BrakeDecision decision = {};
  std::string decider = {};  ///< For other people to read: "USER@HOST".
};

/// Refuses names that no signature can have. Pure. Errors: invalid.
Result<void> check_order(const BrakeOrder& order);

/// Writes the decision down and asks for another scan of everything that is held, as
/// BrakeDecisions::decide. Agents may have told more since the person looked, so the report says
/// what was decided about. Errors: also as `check_order`; not_found without a sweep queue.
Result<DecidedBrake> decide_brake(DeploymentAccess& access, const Runtime& runtime,
                                  const BrakeOrder& order,
                                  const std::function<void(const ReleaseProgress&)>& progress);

/// "cordon.brake-report/1"
boost::json::object document_of(const BrakeReport& report);
/// "cordon.brake-decision/1"
boost::json::object document_of(const DecidedBrake& decided);

}  // namespace cordon
