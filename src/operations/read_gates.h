#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "provision/read_gate.h"
#include "settings/settings.h"

// Read gates of buckets (provision/read_gate.h): putting them up, changing them, taking them away.
// A bucket takes at most a minute.

namespace cordon {

/// What was done, or would be, about one bucket's gate.
struct GateReport {
  BucketName bucket;
  Region region;
  GateChange change;
  bool is_dry_run = false;  ///< Nothing was written.
};

/// Hears of each bucket, or why nothing became of it, as soon as that is known.
using GateListener = std::function<void(const Result<GateReport>& outcome)>;

/// Which buckets get a gate, and who passes it.
struct GateRequest {
  std::vector<BucketName> buckets = {};
  std::vector<std::string> roles = {};  ///< ARNs. Empty: those that each gate has already.
  ReadGate::Guard guard = ReadGate::Guard::as_it_is;
  bool dry_run = false;  ///< Nothing is written.
};

/// Refuses what is no role. Pure. Errors: invalid.
Result<void> check_gate_roles(const std::vector<std::string>& roles);

/// Puts a gate on each bucket, also after a failure of another. Errors: as check_gate_roles, and
/// those of the settings in force; nothing was done then.
Result<void> put_gates(DeploymentAccess& access, const Runtime& runtime, const GateRequest& request,
                       const GateListener& told);

/// Which buckets lose their gate.
struct GateRemovalRequest {
  std::vector<BucketName> buckets = {};
  bool dry_run = false;  ///< Nothing is written.
};

/// Takes the gate from each bucket, also after a failure of another. The settings tell only whose a
/// bucket is: `unseen` hears why they may not be read, and the usual ones are taken then. Errors:
/// as settings_in_force; nothing was done then.
Result<void> remove_gates(DeploymentAccess& access, const Runtime& runtime,
                          const GateRemovalRequest& request,
                          const std::function<void(const Error& why)>& unseen,
                          const GateListener& told);

/// Adds what is to say of the read gate of the report's bucket; nothing where there is none.
void add_gate_step(DeploymentAccess& access, const Runtime& runtime, const Settings& settings,
                   ProvisionReport& report);

boost::json::object document_of(const GateReport& report);

}  // namespace cordon
