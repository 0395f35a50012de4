#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/ports/bucket_census.h"
#include "provision/gateway_link.h"
#include "provision/protection.h"

namespace cordon {

/// Which buckets are to be protected, and how they are watched.
struct WatchOptions {
  /// Buckets that carry this tag; none: every bucket.
  std::optional<std::pair<std::string, std::string>> tag = std::nullopt;
  std::vector<std::string> exclude = {};  ///< Patterns of names (core/glob.h), never touched.
  /// Asked in every round: Cordon's own buckets are never touched either. None: those by name.
  PoliciesSource policies = nullptr;
  std::vector<Region> only_in = {};  ///< Empty: every region.
  /// Also take the protection from buckets without the tag, whoever protected them. Needs `tag`.
  bool unprotect = false;
  /// So many rounds in a row without the tag: one that is replaced is away for a moment.
  int rounds_without_tag = 2;
  std::chrono::seconds bucket_limit{60};  ///< For one bucket.
  std::chrono::seconds recheck{600};      ///< Until a protected bucket is looked at again.
};

/// What was done about a bucket.
struct WatchEvent {
  enum class Kind : std::uint8_t {
    protect,    ///< It is protected from now on.
    repair,     ///< It was, and a part was missing.
    unprotect,  ///< It is no longer.
    fail,       ///< Neither; it is tried again after `retry`.
  };

  BucketName bucket;
  std::optional<Region> region = std::nullopt;
  Kind kind = Kind::protect;
  std::string note = {};  ///< Why it failed, or what was repaired.
  std::chrono::seconds retry{0};

  bool operator==(const WatchEvent&) const = default;
};

std::string_view name_of(WatchEvent::Kind kind);

/// One look at the account.
struct WatchRound {
  std::size_t buckets = 0;   ///< Seen, without those that are never touched.
  std::size_t chosen = 0;    ///< Of these, to be protected.
  std::size_t in_place = 0;  ///< Of these, protected when the round ended.
  std::size_t failed = 0;    ///< In trouble, those that wait for their next try included.
};

/// Protects the buckets that appear, and keeps those protected that are: what `cordon bucket watch`
/// runs, and a service may. It holds nothing that matters: a new one finds everything out again.
///
/// Buckets of ours and those that a linked file share shows are never touched. A bucket that fails
/// is tried again after 30 s, then ever less often (at most half an hour), and holds up no other.
/// Many buckets are looked at by several threads. Up to about 10,000 buckets are found within a
/// minute of their making. A round over an account where nothing changed writes nothing.
///
/// Threads: one. All references outlive the object.
class BucketWatch {
 public:
  using Listener = std::function<void(const WatchEvent&)>;

  BucketWatch(WatchOptions options, BucketCensus& census, Protection& protection,
              GatewayLink& gateways, const Clock& clock, Listener listener);

  /// Errors: cancelled; those of the account's list. Nothing else ends a round.
  Result<WatchRound> round(std::stop_token stop);
  /// Rounds until a stop request, `interval` apart; `trouble` is told why a round could not be.
  void run(std::chrono::seconds interval, const std::function<void(const Error&)>& trouble,
           std::stop_token stop);

 private:
  /// What is remembered of a bucket.
  struct Known {
    std::string created;
    bool is_protected = false;
    bool is_free = false;  ///< Seen without our protection.
    int rounds_without_tag = 0;
    int failures = 0;
    SteadyTime next;  ///< Not looked at before.
  };

  /// What the buckets that are due were found to be, in this round.
  struct Looks {
    std::map<BucketName, Result<ProvisionReport>> buckets = {};
    std::set<Region> incomplete = {};  ///< A part of what each of their buckets needs is missing.
    bool has_results_queue = true;
  };

  std::vector<BucketEntry> candidates(std::vector<BucketEntry> all, const PolicySet& policies);
  std::vector<Result<bool>> choose(const std::vector<BucketEntry>& entries, SteadyTime now,
                                   std::stop_token stop);
  static bool is_due(const Result<bool>& chosen, const Known& known, SteadyTime now);
  bool is_to_be_freed(const Known& known) const;
  Result<Looks> look(const std::vector<BucketEntry>& entries,
                     const std::vector<Result<bool>>& chosen, SteadyTime now, std::stop_token stop);
  std::set<Region> incomplete_regions(const std::map<BucketName, Result<ProvisionReport>>& buckets,
                                      Deadline deadline, const std::stop_token& stop);
  Result<void> attend(const BucketEntry& entry, bool chosen, Known& known, Looks& looks,
                      std::stop_token stop);
  Result<void> keep_protected(const BucketEntry& entry, Known& known, Looks& looks,
                              std::stop_token stop);
  Result<void> keep_free(const BucketEntry& entry, Known& known, const Looks& looks,
                         std::stop_token stop);
  Result<bool> belongs_to_gateway(const BucketEntry& entry, std::stop_token stop);
  void fail(const BucketEntry& entry, Known& known, const Error& error);
  Deadline limit() const { return Deadline::after(clock_, options_.bucket_limit); }

  const WatchOptions options_;
  BucketCensus& census_;
  Protection& protection_;
  GatewayLink& gateways_;
  const Clock& clock_;
  const Listener listener_;
  std::map<BucketName, Known> known_;
  /// Of this round, by region: buckets that linked file shares show.
  std::map<Region, Result<std::set<BucketName>>> linked_;
};

}  // namespace cordon
