#include "updates/updater.h"

#include <system_error>

namespace cordon {
namespace {

namespace fs = std::filesystem;

Result<void> may_replace(const SetShelf& shelf, const ProvenSet& next, const std::string& digest,
                         const UpdateOptions& options) {
  if (options.force) return {};
  if (digest == shelf.rejected()) {
    return Error{Errc::invalid, "the source still offers the set that was rolled back from (" +
                                    next.set.version + "); --force takes it all the same"};
  }
  const std::optional<SetManifest> present = shelf.current();
  if (!present) return {};
  Result<void> may =
      check_replacement({.version = present->version, .signatures = present->signatures}, next.set);
  if (may) return may;
  return Error{Errc::invalid, may.error().what + "; --force takes it here all the same"};
}

}  // namespace

Result<UpdateOutcome> update_signatures(SetShelf& shelf, SignatureSource& source,
                                        const ProveSet& prove, const UpdateOptions& options,
                                        Random& random, const Clock& clock, Deadline deadline,
                                        std::stop_token stop) {
  CORDON_TRY(const fs::path staged, shelf.stage(random, clock));
  const auto bring = [&]() -> Result<UpdateOutcome> {
    CORDON_TRY(source.fetch(staged, deadline, stop));
    CORDON_TRY(const std::string digest, digest_of_set(staged));
    const std::optional<SetManifest> present = shelf.current();
    if (present && present->digest == digest) return UpdateOutcome{.manifest = *present};
    CORDON_TRY(const ProvenSet proven, prove(staged, stop));
    CORDON_TRY(may_replace(shelf, proven, digest, options));
    const SetManifest manifest{.version = proven.set.version,
                               .signatures = proven.set.signatures,
                               .source = source.name(),
                               .engine = proven.engine,
                               .taken_at = clock.system_now(),
                               .digest = digest};
    CORDON_TRY(shelf.commit(staged, manifest));
    return UpdateOutcome{.changed = true, .manifest = manifest};
  };
  Result<UpdateOutcome> outcome = bring();
  std::error_code ignored;
  if (!outcome || !outcome->changed) fs::remove_all(staged, ignored);
  return outcome;
}

}  // namespace cordon
