#pragma once

#include <filesystem>
#include <functional>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "signatures/reload_rules.h"
#include "updates/set_directory.h"
#include "updates/signature_source.h"

namespace cordon {

/// A set that an engine of its own has loaded and proven.
struct ProvenSet {
  LoadedSet set;
  std::string engine;
};

/// Loads a set in an engine of its own, with the canary, apart from any that scans.
using ProveSet =
    std::function<Result<ProvenSet>(const std::filesystem::path& directory, std::stop_token stop)>;

/// What `update_signatures` is to do although it would refuse it.
struct UpdateOptions {
  /// Takes a set that is older or much smaller than the one before, or that was rolled back from.
  bool force = false;
};

/// What `update_signatures` came to. Not `changed`: the source has exactly what is in force.
struct UpdateOutcome {
  bool changed = false;
  SetManifest manifest;  ///< Of what is in force now.
};

/// Fetches from `source` into a staging directory of `sets`, has it proven, and puts it in force.
/// On any failure what is in force stays.
/// Errors: those of source, prover and sets; invalid also when the set may not replace the present
/// one.
Result<UpdateOutcome> update_signatures(SetDirectory& sets, SignatureSource& source,
                                        const ProveSet& prove, const UpdateOptions& options,
                                        Random& random, const Clock& clock, Deadline deadline,
                                        std::stop_token stop);

}  // namespace cordon
