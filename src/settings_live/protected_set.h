#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/protected_buckets.h"
#include "settings_live/protected_watch.h"

namespace cordon {

/// How long a `ProtectedSet` believes what it saw of a bucket, and how often it looks.
struct ProtectedSetOptions {
  Region region;  ///< Of the agent: a bucket of another region is another agent's.
  /// A bucket that a look found protected is believed so long, and beyond as long as it cannot be
  /// looked at.
  std::chrono::seconds believed{3600};
  /// One that was not protected answers for the messages that were sent before the look, so long.
  std::chrono::seconds remembered{300};
  /// Between two looks at one bucket, however many messages name it.
  std::chrono::seconds pause{10};
  /// By how much the queue's clock and ours may differ, and how old what a look shows may be.
  std::chrono::seconds clock_slack{10};
  std::size_t names_max = 4096;
};

/// Everything that the set needs. All of it outlives the set.
struct ProtectedSetPorts {
  ProtectedWatch& document;
  /// Cordon's own buckets, by the settings of the moment.
  std::function<bool(const BucketName& bucket)> is_own;
  /// Whose the bucket is, by the settings of the moment.
  std::function<AccountId(const BucketName& bucket)> owner;
  /// Asks the bucket what leads its events to us. Errors: as ProtectedBuckets.
  std::function<Result<bool>(const StandingQuestion& question, Deadline deadline,
                             std::stop_token stop)>
      look;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// Where the agents of a region may act: what the document names, and what a look at a bucket finds
/// (docs/adr/0040-protected-set.md).
///
/// A name that the document does not know costs one look, and is then remembered until another
/// document comes, or for a while. The memory is bounded. Several threads that ask about one bucket
/// share one look.
///
/// Threads: any.
class ProtectedSet final : public ProtectedBuckets {
 public:
  ProtectedSet(ProtectedSetOptions options, ProtectedSetPorts ports);

  Result<Standing> standing(const StandingQuestion& question, Deadline deadline,
                            std::stop_token stop) override;

 private:
  struct Memory {
    std::optional<bool> is_protected = std::nullopt;  ///< None: never answered.
    bool is_missing = false;                          ///< There was no such bucket.
    bool is_looking = false;
    SteadyTime since;      ///< Of the look that answered.
    SystemTime looked_at;  ///< When that look began.
    /// Of a later look that failed, of a name that was not protected.
    std::optional<SteadyTime> failed_at = std::nullopt;
  };
  using Names = std::map<std::string, Memory>;

  bool is_listed(const ProtectedDocument& document, const BucketName& bucket) const;
  /// What is remembered; nothing: it takes a look.
  std::optional<Result<Standing>> remembered(const Memory& memory,
                                             const StandingQuestion& question) const;
  /// What a look that began then says to this question.
  Result<Standing> answer(const Result<bool>& found, const StandingQuestion& question,
                          SystemTime began) const;
  void forget_for(const ProtectedWatch::Known& known);
  void make_room();
  Result<bool> look_at(const StandingQuestion& question, Deadline deadline,
                       const std::stop_token& stop) const;
  Result<Standing> look(Names::iterator at, const StandingQuestion& question, Deadline deadline,
                        const std::stop_token& stop, std::unique_lock<std::mutex>& lock);

  const ProtectedSetOptions options_;
  const ProtectedSetPorts ports_;
  std::mutex mutex_;
  std::condition_variable_any answered_;
  Names names_;  ///< An entry that is being looked at stays where it is.
  std::uint64_t document_number_ = 0;
};

}  // namespace cordon
