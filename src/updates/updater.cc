#include "updates/updater.h"

#include <map>
#include <string>
#include <system_error>

#include "signatures/signature_files.h"
#include "signatures/signature_set.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

// Against what agents scan with now: also where it came by another way than an update.
Result<void> check_age(const SetDirectory& sets, const fs::path& staged) {
  using Versions = std::map<std::string, std::uint32_t>;
  const Result<Versions> present = official_versions(sets.in_force());
  // No agent scans with what cannot be read, or is not there.
  const bool is_none = !present && (present.error().code == Errc::not_found ||
                                    present.error().code == Errc::invalid);
  if (is_none) return {};
  CORDON_TRY(present);
  CORDON_TRY(const Versions next, official_versions(staged));
  return check_not_older(*present, next);
}

Result<void> may_replace(const SetDirectory& sets, const ProvenSet& next, const fs::path& staged,
                         const std::string& digest, const UpdateOptions& options) {
  if (options.force) return {};
  if (digest == sets.rejected()) {
    return Error{Errc::invalid, "the source still offers the set that was rolled back from (" +
                                    next.set.version + "); --force takes it all the same"};
  }
  const std::optional<SetManifest> present = sets.current();
  Result<void> may = check_age(sets, staged);
  if (may && present) {
    may = check_replacement({.version = present->version, .signatures = present->signatures},
                            next.set);
  }
  if (may) return may;
  return Error{Errc::invalid, may.error().what + "; --force takes it here all the same"};
}

}  // namespace

Result<UpdateOutcome> update_signatures(SetDirectory& sets, SignatureSource& source,
                                        const ProveSet& prove, const UpdateOptions& options,
                                        Random& random, const Clock& clock, Deadline deadline,
                                        std::stop_token stop) {
  CORDON_TRY(const fs::path staged, sets.stage(random, clock));
  const auto bring = [&]() -> Result<UpdateOutcome> {
    CORDON_TRY(source.fetch(staged, deadline, stop));
    std::error_code failed;  // A stale one harms nobody.
    for (const fs::path& stale : sign_files(staged).stale) fs::remove(stale, failed);
    CORDON_TRY(const std::string digest, digest_of_set(staged));
    const std::optional<SetManifest> present = sets.current();
    if (present && present->digest == digest) {
      CORDON_TRY(sets.add_sign_files(staged));
      return UpdateOutcome{.manifest = *present};
    }
    CORDON_TRY(const ProvenSet proven, prove(staged, stop));
    CORDON_TRY(may_replace(sets, proven, staged, digest, options));
    const SetManifest manifest{.version = proven.set.version,
                               .signatures = proven.set.signatures,
                               .source = source.name(),
                               .engine = proven.engine,
                               .taken_at = clock.system_now(),
                               .digest = digest};
    CORDON_TRY(sets.commit(staged, manifest));
    return UpdateOutcome{.changed = true, .manifest = manifest};
  };
  Result<UpdateOutcome> outcome = bring();
  std::error_code ignored;
  if (!outcome || !outcome->changed) fs::remove_all(staged, ignored);
  return outcome;
}

}  // namespace cordon
