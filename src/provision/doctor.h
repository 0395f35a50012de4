#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "core/deployment.h"
#include "core/ports/object_store.h"
#include "core/ports/store_probe.h"
#include "provision/protection.h"

namespace cordon {

/// One thing that was examined.
struct Finding {
  enum class State : std::uint8_t {
    ok,
    warning,  ///< Works, but somebody should know.
    failed,
    skipped,  ///< Could not be examined; `detail` says why.
  };

  std::string check;    ///< "topic", "queue", "versioning", ...
  std::string subject;  ///< ARN, bucket, directory, ...; may be empty.
  State state = State::ok;
  std::string detail = {};
  std::string fix = {};  ///< What to do; empty when all is well.

  bool operator==(const Finding&) const = default;
};

std::string_view name_of(Finding::State state);

/// Examines what a region's agents rely on: resources, policies, rights, limits. Changes nothing,
/// but that a store which is not AWS's is tried with two small objects in the quarantine.
///
/// Threads: one. References outlive the object.
class Doctor {
 public:
  Doctor(const Deployment& deployment, AccountId account, Region region, Protection& protection,
         RegionAdmin admin, ObjectStore& store, StoreProbe& probe)
      : deployment_(deployment),
        account_(std::move(account)),
        region_(std::move(region)),
        protection_(protection),
        admin_(admin),
        store_(store),
        probe_(probe) {}

  /// The protected set as it is written; outlives the object. Without it, it is not examined.
  void know_register(ProtectedRegister& protected_register) { register_ = &protected_register; }

  /// Who is told how far a look at many buckets is.
  void tell_progress(ProgressListener progress) { progress_ = std::move(progress); }

  /// Examines the region, and the named buckets; none named: every protected bucket of the region,
  /// and those that were protected and are not any more. Many buckets at a time.
  std::vector<Finding> examine(const std::vector<BucketName>& buckets, Deadline deadline,
                               std::stop_token stop);

 private:
  void examine_region(Deadline deadline, std::stop_token stop);
  void examine_queues(Deadline deadline, std::stop_token stop);
  void examine_results_queue(Deadline deadline, std::stop_token stop);
  void examine_keys(Deadline deadline, std::stop_token stop);
  void examine_key(const std::string& subject, const std::string& key,
                   const std::optional<std::string>& shut, std::string_view who);
  void examine_own_buckets(Deadline deadline, std::stop_token stop);
  /// Whether the store does what moves of objects without versions rest on.
  void examine_store(Deadline deadline, std::stop_token stop);
  void examine_named(const std::vector<BucketName>& buckets, Deadline deadline,
                     std::stop_token stop);
  void examine_protected(Deadline deadline, std::stop_token stop);
  void examine_buckets(const std::vector<ProvisionReport>& reports, Deadline deadline,
                       const std::stop_token& stop);
  void examine_protected_set(Deadline deadline, std::stop_token stop);
  void examine_leftovers(const std::vector<ProvisionReport>& all);
  /// Threads: any, as those below.
  std::vector<Finding> look_at(const ProvisionReport& report, Deadline deadline,
                               std::stop_token stop) const;
  std::optional<Finding> examine_entry(const BucketName& bucket) const;
  /// Whether objects may be looked at: what is not there must be "not found", never "denied".
  Finding examine_reading(const BucketName& bucket, Deadline deadline, std::stop_token stop) const;
  void add(std::string check, std::string subject, Finding::State state, std::string detail = {},
           std::string fix = {});
  void add_error(std::string check, std::string subject, const Error& error);

  const Deployment deployment_;
  const AccountId account_;
  const Region region_;
  Protection& protection_;
  RegionAdmin admin_;
  ObjectStore& store_;
  StoreProbe& probe_;
  ProtectedRegister* register_ = nullptr;
  ProgressListener progress_ = nullptr;
  std::optional<ProtectedDocument> set_ = std::nullopt;  ///< None: there is no document.
  std::vector<Finding> findings_;
};

}  // namespace cordon
