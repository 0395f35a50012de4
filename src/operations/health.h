#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "core/verdict.h"
#include "operations/deployment_access.h"
#include "provision/doctor.h"
#include "provision/selftest.h"
#include "settings/settings.h"

// Whether a deployment and the machine at hand are fit to scan, and a try of the whole chain. What
// is wrong is a Finding or a Trial, with what to do about it.

namespace cordon {

/// Whether anything failed; warnings and what was skipped are no failures.
bool has_failure(const std::vector<Finding>& findings);

/// Examines the deployment in the region: its resources, its brake, and the named buckets; none
/// named: every protected one. Changes nothing (Doctor).
std::vector<Finding> examine_deployment(DeploymentAccess& access, const Runtime& runtime,
                                        const std::vector<BucketName>& buckets);
/// What to say where there is no account to ask, for this reason. Pure.
std::vector<Finding> examine_unconnected(const Error& why);

/// What an engine says of itself once it has proven itself.
struct EngineFacts {
  EngineVersion version;
  std::uint64_t signatures = 0;  ///< So many.
};

/// The machine at hand, as far as scanning goes.
struct MachineExamination {
  /// Where its signatures are, or why there are none.
  Result<std::filesystem::path> signatures;
  /// Starts an engine with these signatures, asks it, and ends it.
  std::function<Result<EngineFacts>()> try_engine;
  std::string kernel;  ///< Its release.
  bool allows_weak_sandbox = false;
};

/// Examines the engine, its sandbox and the age of its signatures. Blocks: as long as `try_engine`.
std::vector<Finding> examine_machine(const MachineExamination& machine, const Clock& clock);

/// Which bucket is tried, and how long agents may take.
struct SelfTestRequest {
  BucketName bucket;
  std::chrono::milliseconds wait{60'000};
};

/// Sends a harmless object and the anti-virus industry's test file through the whole chain
/// (provision/selftest.h), by the settings in force. Blocks: up to `wait`.
/// Errors: those of the ports; invalid for a bucket that is not protected or another account's.
Result<std::vector<Trial>> self_test(DeploymentAccess& access, const Runtime& runtime,
                                     const SelfTestRequest& request, const Settings& settings);

/// "cordon.finding/1"
boost::json::object document_of(const Finding& finding);
/// "cordon.selftest/1"
boost::json::object document_of(const Trial& trial);

}  // namespace cordon
