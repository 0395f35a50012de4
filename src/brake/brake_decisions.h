#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/retry.h"
#include "brake/brake_document.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/document_store.h"
#include "core/ports/object_store.h"
#include "core/ports/scan_request_queue.h"

namespace cordon {

/// Where a `BrakeDecisions` finds the documents of its region, and on whose behalf it decides.
struct BrakeDecisionsOptions {
  BucketName bucket;         ///< The system bucket.
  std::string folder;        ///< "brake/{region}/" in it.
  std::string decider = {};  ///< Who decides, for other people.
  RetryPolicy retry = {};
};

/// All of it outlives it.
struct BrakeDecisionsPorts {
  DocumentStore& pulled;     ///< pulled.json: what agents see. Never written here.
  DocumentStore& decisions;  ///< state.json: what people decided.
  BucketCatalogue& catalogue;
  ObjectStore& store;
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
};

/// What somebody makes of the new signatures.
struct BrakeDecision {
  enum class Kind : std::uint8_t {
    confirm,       ///< They are right.
    reject_names,  ///< What was found by these names counts for nothing any more.
    reject_set,    ///< Agents go back to the signatures before.
  };
  Kind kind = Kind::confirm;
  /// Which names are rejected; empty: all the new ones. The others count as confirmed.
  std::set<std::string> names = {};
};

/// The objects of a region that are held back and were not released yet, by their records.
struct HeldList {
  std::uint64_t count = 0;
  std::set<std::string> names = {};  ///< In the first 200 of them.
};

/// How far the held objects are worked off.
struct ReleaseProgress {
  std::uint64_t asked = 0;   ///< For another scan; their records are gone.
  std::uint64_t broken = 0;  ///< Records that nobody understands; they stay.
  /// Which the queue will never take; their records stay, and each is in the log.
  std::uint64_t refused = 0;
};

/// What somebody's decision has come to.
struct DecidedBrake {
  BrakeState state;  ///< With every name that the decision is about.
  ReleaseProgress released = {};
};

/// The people's side of the brake: what is held, and what becomes of it.
///
/// Threads: one.
class BrakeDecisions {
 public:
  BrakeDecisions(BrakeDecisionsOptions options, BrakeDecisionsPorts ports)
      : options_(std::move(options)), ports_(ports) {}

  /// What follows from both documents. Errors: also invalid when one is not understood (which).
  Result<BrakeState> state(std::stop_token stop);
  Result<HeldList> held(std::stop_token stop);

  /// Writes down the decision, then asks for another scan of each held object and removes its
  /// record, until no record is left that is understood: agents may write the last ones while it
  /// works. What is wherever it was stopped is listed by `held`, and called again it goes on.
  /// The decision is about what is held when it is called: another pull that comes meanwhile is
  /// left for another decision. Where no pull is known and objects are held all the same, a
  /// confirmation only has them scanned again. Errors: not_found when there is nothing to decide;
  /// invalid when more names are to be rejected than a document holds; changed when somebody else
  /// decided meanwhile, or agents write ever new records; those of the ports.
  Result<DecidedBrake> decide(const BrakeDecision& decision, ScanRequestQueue& queue,
                              const std::function<void(const ReleaseProgress&)>& progress,
                              std::stop_token stop);

 private:
  struct Record {
    ListedVersion version;
    std::optional<HeldObject> held;  ///< None: not understood.
  };
  /// The documents, and what follows.
  struct Seen {
    BrakeState state = {};
    std::optional<ETag> etag = std::nullopt;  ///< Of the decisions; none: there are none yet.
  };

  RetryContext context(const std::stop_token& stop);
  Deadline limit() const;
  CatalogueQuery query() const;
  Result<CataloguePage> page(const CatalogueQuery& query, const std::stop_token& stop);
  Result<std::vector<Record>> read(const CataloguePage& page, const std::stop_token& stop);
  Result<std::optional<Record>> read_one(const ListedVersion& version, const std::stop_token& stop);
  static std::set<std::string> names_in(const std::vector<Record>& records);
  Result<std::optional<StoredDocument>> stored(DocumentStore& store, const std::stop_token& stop);
  Error not_understood(const char* name, const Error& why, const char* remedy) const;
  Result<Seen> look(const std::stop_token& stop);
  Result<BrakeState> write_decision(const BrakeState& about, const BrakeDecision& decision,
                                    const std::set<std::string>& found,
                                    const std::stop_token& stop);
  Result<void> add_names(BrakeState& made, const BrakeDecision& decision,
                         const std::set<std::string>& found, const std::stop_token& stop);
  Result<void> release(const std::vector<Record>& records, ScanRequestQueue& queue,
                       ReleaseProgress& progress, const std::stop_token& stop);
  Result<bool> release_all(DecidedBrake& done, const BrakeDecision& decision,
                           ScanRequestQueue& queue,
                           const std::function<void(const ReleaseProgress&)>& progress,
                           const std::stop_token& stop);

  const BrakeDecisionsOptions options_;
  const BrakeDecisionsPorts ports_;
  RetryBudget retries_;
};

/// The state after the decision. `found`: names in records of held objects. Pure.
/// Errors: as `BrakeDecisions::decide`.
Result<BrakeState> decided(BrakeState state, const BrakeDecision& decision,
                           const std::set<std::string>& found);

}  // namespace cordon
