#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/progress.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/policy.h"
#include "provision/member_access.h"
#include "provision/protected_register.h"
#include "provision/provision_report.h"
#include "provision/results_queue.h"
#include "provision/topology.h"
#include "provision/wiring.h"

namespace cordon {

/// The policies in force: they name buckets that are Cordon's own (core/own_buckets.h).
using PoliciesSource = std::function<Result<PolicySet>(Deadline deadline, std::stop_token stop)>;

/// Whether a bucket is of the account that commands run in, by the account's own list.
using OwnershipSource =
    std::function<Result<bool>(const BucketName& bucket, Deadline deadline, std::stop_token stop)>;

/// Protect, unprotect and status of buckets (docs/formats/resources.md).
///
/// `protect` creates what the bucket's region lacks (topic, queue, dead letters, policies,
/// quarantine bucket) and leads the bucket's events there (BucketWiring); everything else in its
/// configuration stays as it is. All commands are idempotent.
///
/// Threads: one at a time per bucket: the bucket's configuration has no compare-and-set.
/// Errors: those of the ports.
class Protection {
 public:
  /// `home` is where buckets are looked up; both sources outlive the object. `members`: whose
  /// events the topics take and whose copies the quarantines. `tls_only` is off where the store is
  /// spoken to without TLS, which such a policy would forbid.
  Protection(const Deployment& deployment, AccountId account, Region home,
             RegionAdminSource regions, RegionWiringSource wiring, MembersSource members,
             bool tls_only);

  /// From now on `protect` lets what is in quarantine expire after so many days; 0: never. Without
  /// this call it leaves the quarantine as it is.
  void expire_quarantine_after(std::uint32_t days) { quarantine_days_ = days; }

  /// From now on the buckets are those of another account.
  void serve_member(MemberAccess member) { member_ = std::move(member); }
  /// Who is told how far a look at many buckets is.
  void tell_progress(ProgressListener progress) { progress_ = std::move(progress); }
  /// Where protected buckets are written down; outlives the object. Without it they are not, and
  /// agents ask each bucket.
  void know_register(ProtectedRegister& protected_register) { register_ = &protected_register; }
  /// Which quarantines the settings name; without it, own buckets are known by their names alone.
  void know_policies(PoliciesSource policies) { policies_ = std::move(policies); }
  /// Tells a bucket that somebody else has made under a name of ours from one that may not be
  /// looked at; without it they are the same.
  void know_ownership(OwnershipSource owns) { owns_ = std::move(owns); }

  /// Errors: also invalid when the bucket is Cordon's own.
  Result<void> check_not_own(const BucketName& bucket, Deadline deadline,
                             std::stop_token stop) const;
  Result<ProvisionReport> protect(const BucketName& bucket, Deadline deadline,
                                  std::stop_token stop);
  /// Creates what a region lacks, for events that no bucket sends; adds the steps to `report`.
  /// Returns the event topic's ARN.
  Result<std::string> prepare(const Region& region, ProvisionReport& report, Deadline deadline,
                              std::stop_token stop);
  /// The region's resources alone; without a bucket, and `is_protected` tells whether all are
  /// there.
  Result<ProvisionReport> region_status(const Region& region, Deadline deadline,
                                        std::stop_token stop);
  /// A bucket that is gone is taken out of what agents know; so are a member's whose role or
  /// account is, and one that is another account's by now, and `left` says why nothing could be
  /// taken back from the bucket itself.
  Result<ProvisionReport> unprotect(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop);
  Result<ProvisionReport> status(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  /// Where results for a console go.
  ResultsQueue& results_queue() { return results_queue_; }
  /// Whether anything leads events of a bucket of the home region to us (BucketWiring).
  Result<bool> leads_here(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  /// Of each bucket, whether it is protected, or why nobody can say.
  using Survey = std::vector<Result<ProvisionReport>>;
  /// Looks at these buckets, in their order, many at a time: two or three requests for each, and
  /// some for each region. Their steps say what leads their events here; those of the regions are
  /// left out. Errors: cancelled; those of the home region.
  Result<Survey> survey(const std::vector<BucketName>& buckets, Deadline deadline,
                        std::stop_token stop);
  /// Every bucket of the account, likewise; a bucket that could not be looked at has no region, and
  /// a step says why.
  Result<std::vector<ProvisionReport>> list(Deadline deadline, std::stop_token stop);

 private:
  struct Place {
    Region region;
    RegionAdmin admin;
    RegionWiring wiring;
    BucketAdmin& buckets;  ///< A member's, or those of `admin`.
  };
  struct RegionSurvey;
  using RegionSurveyPtr = std::unique_ptr<const RegionSurvey>;
  using RegionSurveys = std::map<Region, Result<RegionSurveyPtr>>;
  RegionWiring wiring_ports(const Place& place);
  BucketWiring wiring_of(const Place& place, const WiringNames& names, const BucketName& bucket);
  Result<std::string> wanted_topic_policy(const std::string& present, const Region& region,
                                          Deadline deadline, std::stop_token stop) const;
  Result<BucketAdmin*> buckets_in(const Region& region, RegionAdmin admin);
  Result<void> check_member_bucket(Place& place, const WiringNames& names, const BucketName& bucket,
                                   Deadline deadline, std::stop_token stop);
  Result<void> enrol(const BucketName& bucket, ProvisionReport& report, Deadline deadline,
                     std::stop_token stop);
  Result<void> enter(const Place& place, ProvisionReport& report, Deadline deadline,
                     std::stop_token stop);
  Result<void> leave(ProvisionReport& report, Deadline deadline, std::stop_token stop);
  Result<std::set<Region>> known_regions(Deadline deadline, std::stop_token stop) const;
  Result<void> settle_members(std::set<Region> regions, ProvisionReport& report, Deadline deadline,
                              std::stop_token stop);
  Result<bool> dismiss(std::set<Region> regions, ProvisionReport& report, Deadline deadline,
                       std::stop_token stop);
  Result<bool> is_anothers(const BucketName& bucket, Deadline deadline, std::stop_token stop) const;
  Result<ProvisionReport> forget(const BucketName& bucket, const Error& why, Deadline deadline,
                                 std::stop_token stop);
  Result<RegionSurveyPtr> survey_region(const Region& region, Deadline deadline,
                                        std::stop_token stop);
  RegionSurveys survey_regions(const std::set<Region>& regions, Deadline deadline,
                               const std::stop_token& stop);
  /// Threads: any.
  Result<ProvisionReport> look_at(const BucketName& bucket, const Result<RegionSurveyPtr>& region,
                                  Deadline deadline, std::stop_token stop);
  std::optional<ProtectedDocument> known_set(Deadline deadline, std::stop_token stop) const;
  void compare_with_set(const std::optional<ProtectedDocument>& set, ProvisionReport& report) const;
  Result<void> inspect_results_queue(ProvisionReport& report, Deadline deadline,
                                     std::stop_token stop);
  Result<Place> place_in(const Region& region);
  Result<Place> place_of(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  Result<std::string> ensure_queues(Place& place, const std::string& topic_arn,
                                    ProvisionReport& report, Deadline deadline,
                                    std::stop_token stop);
  Result<std::string> ensure_topic(Place& place, ProvisionReport& report, Deadline deadline,
                                   std::stop_token stop);
  Result<void> ensure_quarantine(Place& place, ProvisionReport& report, Deadline deadline,
                                 std::stop_token stop);
  Result<std::string> ensure_region(Place& place, ProvisionReport& report, Deadline deadline,
                                    std::stop_token stop);
  Result<void> inspect_region(Place& place, const WiringNames& names, ProvisionReport& report,
                              Deadline deadline, std::stop_token stop);
  Result<void> inspect_quarantine(const Place& place, ProvisionReport& report, Deadline deadline,
                                  std::stop_token stop) const;
  Result<void> inspect_keys(const Place& place, const WiringNames& names, ProvisionReport& report,
                            Deadline deadline, std::stop_token stop) const;
  std::string arn(std::string_view service, const Region& region, const std::string& name) const;
  WiringNames names_in(const Region& region) const;

  Deployment deployment_;
  AccountId account_;
  Region home_;
  RegionAdminSource regions_;
  RegionWiringSource wiring_;
  MembersSource members_;
  bool tls_only_;
  std::optional<std::uint32_t> quarantine_days_ = std::nullopt;
  std::optional<MemberAccess> member_ = std::nullopt;
  PoliciesSource policies_ = nullptr;
  OwnershipSource owns_ = nullptr;
  ProtectedRegister* register_ = nullptr;
  ProgressListener progress_ = nullptr;
  ResultsQueue results_queue_;
  ForeignBus foreign_bus_;
  ForeignListening foreign_listening_;
};

}  // namespace cordon
