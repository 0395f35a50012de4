#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/retry.h"
#include "core/policy.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/document_store.h"
#include "core/ports/object_store.h"
#include "core/ports/scan_request_queue.h"
#include "core/sealing.h"
#include "sweep/sweep_checkpoint.h"

namespace cordon {

/// What to look for in one bucket. Only current versions count: the older ones had their events,
/// and nobody who asks for the object gets them.
struct SweepRequest {
  BucketName bucket;
  std::string prefix = {};
  std::optional<SystemTime> since = std::nullopt;  ///< Of the object's last change, inclusive.
  std::optional<SystemTime> until = std::nullopt;  ///< Exclusive.
  bool every = false;  ///< Also what has a valid verdict; the engine is asked again.
  /// Also what was sealed with signatures older than these.
  std::optional<std::string> signatures = std::nullopt;
  /// Also what could not be scanned for a reason that may be over (the verdict Error).
  bool errors = false;
  /// Reads every sealed object to see whether its seal holds for its bytes; else a seal counts that
  /// was made for this very place, which takes no reading.
  bool check_seals = false;
  /// Routes are followed also where the bucket is not protected; else only tags are written there.
  bool acts_anywhere = false;
  bool take_over = false;  ///< Although somebody holds the lease: they are known to be dead.
  bool restart = false;    ///< Does not go on where an unfinished sweep stopped.
  /// Not when a sweep was finished later than this: then somebody else has just been faster.
  std::optional<SystemTime> unless_finished_after = std::nullopt;
};

/// Says what is looked for: an unfinished sweep is only continued by one with the same purpose.
std::string purpose_of(const SweepRequest& request);

/// How a `Sweep` works, whatever its request looks for: which verdicts it counts as valid, how much
/// it asks for at a time, and how long nobody else may sweep the bucket.
struct SweepOptions {
  std::string holder;  ///< Unique among everybody who sweeps now.
  TagKeys tag_keys = {};
  /// None: whatever the tags say is taken for a verdict, and counted as such.
  std::optional<SealKeyRing> seal_keys = std::nullopt;
  std::string deployment = {};        ///< Ours: deployment_id.
  VerdictPolicy verdict_policy = {};  ///< In force here.
  /// What is younger is not asked for yet, since its own event may be on the way.
  std::chrono::seconds grace{15 * 60};
  std::chrono::seconds lease{10 * 60};
  std::size_t page = 1000;   ///< 1 to 1,000 versions between two checkpoints.
  std::size_t parallel = 8;  ///< Requests for tags at a time.
  RetryPolicy retry = {};
};

/// Everything that a sweep needs. All of it outlives the sweep.
struct SweepPorts {
  BucketCatalogue& catalogue;
  ObjectStore& store;
  ScanRequestQueue& queue;
  DocumentStore& checkpoint;  ///< Of this bucket.
  PolicySource policy;
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
};

/// Called after every page.
using SweepProgress = std::function<void(const SweepCheckpoint& now)>;

/// Finds the objects of one bucket that have no valid verdict, and asks for their scan. With keys a
/// Clean is one when its seal was made here, for this very version (or name, ETag and time), which
/// the list of the bucket and the tags are enough to see.
///
/// What lies in an archive is asked for once, so that an agent writes down the verdict Unscannable
/// (archived), as it does at an event; from then on it is only counted, however the request reads,
/// until its owner restores it. A verdict that it has from before it was archived stays.
///
/// Everything that it did is written down page by page, so whoever continues repeats one page at
/// most; an object that is asked for twice is scanned once, or found scanned.
///
/// Threads: one owner; `run` starts `parallel` threads per page.
class Sweep {
 public:
  Sweep(SweepOptions options, SweepPorts ports)
      : options_(std::move(options)), ports_(std::move(ports)) {}

  /// Blocks: for the whole bucket. Errors: changed (somebody else sweeps this bucket; says who, and
  /// until when), those of the ports. After an error the lease is given back.
  Result<SweepCheckpoint> run(const SweepRequest& request, const SweepProgress& progress,
                              std::stop_token stop);

 private:
  enum class Finding : std::uint8_t {
    valid,
    stated,  ///< Taken on the word of its tags alone.
    excluded,
    young,
    unscanned,
    unknown,
    archived,
    gone,
  };
  /// What a verdict in tags is worth.
  enum class Worth : std::uint8_t { none, stated, proven };
  /// What becomes of one page.
  struct Wanted {
    SweepCheckpoint sum;  ///< Counted only when the whole page was asked for.
    std::vector<ObjectEvent> events = {};
  };

  RetryContext context(const std::stop_token& stop);
  Result<void> begin(const SweepRequest& request, const std::stop_token& stop);
  enum class Lease : std::uint8_t { keep, give_back };
  Result<void> save(Lease lease, const std::stop_token& stop);
  Result<void> sweep_page(const SweepRequest& request, const CataloguePage& page,
                          const std::stop_token& stop);
  Result<void> walk(const SweepRequest& request, const SweepProgress& progress,
                    const std::stop_token& stop);
  std::vector<Result<Finding>> judge_all(const SweepRequest& request,
                                         const std::vector<ListedVersion>& objects,
                                         const std::stop_token& stop);
  Result<Finding> judge(const SweepRequest& request, const ListedVersion& object,
                        const std::stop_token& stop);
  void tally(const SweepRequest& request, const ListedVersion& object, Finding finding,
             Wanted& wanted) const;
  Result<Finding> judge_tags(const SweepRequest& request, const ListedVersion& object,
                             const TagSet& tags, const std::stop_token& stop);
  Result<Worth> worth_of(const SweepRequest& request, const ListedVersion& object,
                         const TagSet& tags, const Verdict& stated, const std::stop_token& stop);
  Result<bool> holds(const SweepRequest& request, const ListedVersion& object, const TagSet& tags,
                     const std::stop_token& stop);
  bool is_plausible(const ListedVersion& object, const TagSet& tags, const Verdict& stated) const;
  bool needs_seal(const ListedVersion& object, const TagSet& tags, const Verdict& stated) const;
  SealTerms terms_for(const ListedVersion& object) const;
  /// How many the queue will never take.
  Result<std::uint64_t> enqueue(const std::vector<ObjectEvent>& wanted,
                                const std::stop_token& stop);

  const SweepOptions options_;
  const SweepPorts ports_;
  RetryBudget retries_;
  SweepCheckpoint now_;
  std::optional<ETag> etag_;  ///< Of the checkpoint as we wrote it.
};

/// Age of the oldest object without valid verdict, zero if there is none.
std::chrono::seconds oldest_unscanned_age(const SweepCheckpoint& checkpoint, SystemTime now);

/// Whether signature version `a` is older than `b`: by number where both are numbers; versions that
/// cannot be compared count as older when they differ.
bool is_older_signatures(const std::string& a, const std::string& b);

}  // namespace cordon
