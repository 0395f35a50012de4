#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "brake/brake_state.h"
#include "operations/deployment_access.h"
#include "signatures/signature_set.h"
#include "updates/set_directory.h"
#include "updates/signature_source.h"
#include "updates/updater.h"

// The sets of signatures of the machine at hand: what there is, whether one would be taken, where
// new ones come from.

namespace cordon {

/// The set that agents of this machine take, and those around it.
struct SignatureStatus {
  std::filesystem::path directory;  ///< As it was named.
  SignatureSet set;
  SystemTime made;
  /// None: the set is not kept by `cordon signatures update`.
  std::optional<SetManifest> manifest = std::nullopt;
  std::optional<SetManifest> previous = std::nullopt;
  /// What was decided about signatures in the deployment; none: nobody could be asked.
  std::optional<BrakeState> brake = std::nullopt;

  bool is_rejected() const { return brake && brake->rejected_sets.contains(set.version); }
};

/// Looks at a directory of signatures without loading them, and asks no deployment.
/// Errors: as describe_signatures.
Result<SignatureStatus> signature_status(const std::filesystem::path& directory);

/// Rules that an engine loaded and that are not in force, or only in part.
struct SetNotes {
  std::vector<std::string> first = {};  ///< Some of them, a sentence each.
  std::uint64_t count = 0;
};

/// A set that an engine has loaded and proven, with what it said about it.
struct SetProof {
  ProvenSet proven;
  SetNotes notes = {};
};

/// Loads a set in an engine of its own and proves it.
using TrySet = std::function<Result<SetProof>(const std::filesystem::path& directory)>;

/// Whether a set would be taken.
struct SignatureCheck {
  std::string directory;  ///< As it was named.
  Result<ProvenSet> proven;
  SetNotes notes = {};
};

/// Tries the set in `directory`, and holds it beside what lies in `present`, where agents of this
/// machine find their signatures, if there is anything. Blocks: as long as `try_set`.
SignatureCheck check_signatures(const std::string& directory,
                                const std::optional<std::filesystem::path>& present,
                                const TrySet& try_set);

/// What is in force in a directory of sets after an update, or after the way back.
struct SignatureUpdate {
  std::filesystem::path directory;
  UpdateOutcome outcome;
};

/// The signature files below "s3://BUCKET/PREFIX", whosever bucket it is; none: the text names no
/// such place. `access` outlives the source.
std::unique_ptr<SignatureSource> bucket_source(DeploymentAccess& access, std::string_view text);
/// Whether `bucket_source` would take it. Pure.
bool is_bucket_source(std::string_view text);

/// "cordon.signatures/1"
boost::json::object document_of(const SignatureStatus& status);
/// "cordon.signature-check/1"
boost::json::object document_of(const SignatureCheck& check);
/// "cordon.signature-update/1"
boost::json::object document_of(const SignatureUpdate& update);

}  // namespace cordon
