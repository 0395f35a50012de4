#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "settings/settings.h"
#include "sweep/verdict_inquiry.h"

namespace cordon {

/// Whose verdict is asked for, how long it is waited for, and what it has to be worth.
struct VerdictRequest {
  ObjectRef object;
  std::chrono::milliseconds wait{0};
  AwaitedThing awaited = AwaitedThing::verdict;
  /// A Clean that is older is none. None: any age.
  std::optional<std::chrono::milliseconds> age_max = std::nullopt;
  /// The deployment whose seals count, NAME@ACCOUNT. None: this one.
  std::optional<std::string> sealed_by = std::nullopt;
  /// None: the tags are believed as they stand.
  std::optional<SealKeyRing> seal_keys = std::nullopt;
};

/// What the tags of an object say and what that is worth, or that it is in quarantine
/// (sweep/verdict_inquiry.h). `settings` are those in force.
///
/// Blocks: as VerdictInquiry::await_verdict. Errors: those of it; that there is no such object is
/// an answer.
Result<VerdictAnswer> look_up_verdict(DeploymentAccess& access, const Runtime& runtime,
                                      const Settings& settings, const VerdictRequest& request);

/// "cordon.verdict/1"
boost::json::object document_of(const VerdictAnswer& answer);

}  // namespace cordon
