#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "core/deployment.h"
#include "core/member_account.h"
#include "core/ports/account.h"
#include "core/ports/protected_buckets.h"
#include "provision/dry_run.h"
#include "provision/gateway_link.h"
#include "provision/member_upkeep.h"
#include "provision/protected_register.h"
#include "provision/protection.h"
#include "provision/push_protection.h"
#include "provision/settings_writer.h"

namespace cordon {

/// The queue that an agent works from.
struct EventQueueAccess {
  std::unique_ptr<EventQueue> queue;
  std::chrono::seconds visibility{};  ///< How long a received message stays hidden.
};

/// Where the policy of a bucket is changed.
struct BucketPolicyAccess {
  Region region;
  BucketPolicies& policies;
};

/// One deployment in one account, with everything that provisions it wired to the account's ports:
/// what the use cases of this folder, and the services of agents, are built on.
///
/// Threads: any. `account` outlives it. Errors: those of the ports.
class DeploymentAccess {
 public:
  using Owner = std::optional<MemberAccount>;  ///< None: it is ours.

  explicit DeploymentAccess(Account& account);

  const Deployment& deployment() const { return identity().deployment; }
  const Region& region() const { return identity().region; }
  const AccountId& account() const { return identity().account; }
  const AccountIdentity& identity() const { return account_.identity(); }
  MessagePorts messages() { return account_.messages(); }
  /// Who is told how far long work is; nobody until this is called.
  void tell_progress(ProgressListener progress) { progress_ = std::move(progress); }
  const ProgressListener& progress() const { return progress_; }

  // --- objects -------------------------------------------------------------------------------

  /// As StoragePorts::objects.
  ObjectStore& store() { return storage_.objects; }
  StoreProbe& store_probe() { return storage_.probe; }
  BucketCatalogue& catalogue() { return storage_.catalogue; }
  ObjectStore& store_of_anybody() { return storage_.objects_of_anybody; }
  BucketCatalogue& catalogue_of_anybody() { return storage_.catalogue_of_anybody; }
  BucketCensus& census() { return storage_.census; }
  void expect_owners(BucketOwner owners) { account_.expect_owners(std::move(owners)); }

  // --- provisioning --------------------------------------------------------------------------

  Protection protection();
  /// Changes nothing; see DryRun.
  Protection protection(DryRun& dry_run);
  /// Buckets whose store posts its events to an agent. `protection` outlives what it gives.
  /// `quarantine_days` as in PushProtection. Errors: as Account::region.
  Result<PushProtection> push_protection(const Protection& protection,
                                         std::optional<std::uint32_t> quarantine_days);
  /// Changes nothing; see DryRun.
  Result<PushProtection> push_protection(const Protection& protection,
                                         std::optional<std::uint32_t> quarantine_days,
                                         DryRun& dry_run);
  /// Links file shares. `protection` outlives it.
  GatewayLink gateway_link(Protection& protection);
  /// The protected set as it is written.
  ProtectedRegister& protected_register() { return protected_register_; }
  DocumentStore& protected_store() { return *protected_store_; }
  std::string protected_origin() const;
  RegionAdminSource region_admins();
  RegionWiringSource region_wiring();
  /// Of `region()`. Errors: as Account::region.
  Result<FileShareAdmin*> file_shares();
  /// The deployment's settings document, "s3://BUCKET/settings.json".
  DocumentStore& settings_store() { return *settings_store_; }
  std::string settings_origin() const;
  SettingsWriter settings_writer();
  /// Those of the settings of the moment.
  PoliciesSource policies();
  /// What follows from other member accounts in the settings.
  MemberUpkeep member_upkeep();
  /// A private, versioned bucket of ours, for trying things out. Idempotent.
  Result<void> ensure_bucket(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  /// Makes the system bucket where it is missing.
  Result<void> ensure_system_bucket(Deadline deadline, std::stop_token stop);

  // --- member accounts -----------------------------------------------------------------------

  /// Takes on a role of another account; `account.id` and `.buckets` are not looked at.
  /// Errors: invalid (no role of another account), denied (says what the role must say).
  Result<MemberAccess> member(const MemberAccount& account, Deadline deadline,
                              std::stop_token stop);
  /// For commands that take an account out of what agents know although its role cannot be taken
  /// on: `why` answers whatever is asked of its buckets. Errors: invalid (no role of another
  /// account).
  Result<MemberAccess> member_out_of_reach(const MemberAccount& account, const Error& why);
  /// Buckets and objects with the rights of the account's role.
  MemberPorts member_ports(const MemberAccount& account) { return account_.member(account); }

  // --- buckets -------------------------------------------------------------------------------

  /// Asks the bucket, and for uploads the file share, whether its events are led to us: what an
  /// agent does about a name that the protected set does not hold. Of this account or of `owner`.
  /// Errors: as ProtectedBuckets.
  Result<bool> leads_here(const StandingQuestion& question, const Owner& owner, Deadline deadline,
                          std::stop_token stop);
  /// In the region of the bucket; `owner`: MemberBuckets finds that out.
  Result<BucketPolicyAccess> bucket_policies(const BucketName& bucket, const Owner& owner,
                                             Deadline deadline, std::stop_token stop);
  /// Where the bucket is; `region()` where the store knows no regions.
  Result<Region> region_of(const BucketName& bucket, const Owner& owner, Deadline deadline,
                           std::stop_token stop);
  /// Whether the bucket is in `region()`.
  Result<bool> is_here(const BucketName& bucket, const Owner& owner, Deadline deadline,
                       std::stop_token stop);
  /// Whether agents are told of new objects in the bucket.
  Result<bool> is_watched(const BucketName& bucket, const Owner& owner, Deadline deadline,
                          std::stop_token stop);
  /// The account's own buckets of this region whose new objects agents are told of.
  Result<std::vector<BucketName>> watched_buckets(Deadline deadline, std::stop_token stop);

  // --- queues and documents ------------------------------------------------------------------

  /// The deployment's event queue in this region.
  /// Errors: not_found, with the command that creates it.
  Result<EventQueueAccess> event_queue(Deadline deadline, std::stop_token stop);
  /// The same queue, to put events into that were brought to us. Errors: as `event_queue`.
  Result<std::unique_ptr<EventSender>> event_sender(Deadline deadline, std::stop_token stop);
  /// The deployment's sweep queue in this region. Errors: as `event_queue`.
  Result<EventQueueAccess> sweep_queue(Deadline deadline, std::stop_token stop);
  /// The queue that a console takes results from, in this region. Errors: as `event_queue`.
  Result<EventQueueAccess> results_intake(Deadline deadline, std::stop_token stop);
  /// The queue by which results reach a console. Errors: also not_found.
  Result<std::unique_ptr<ResultSink>> results_queue(Deadline deadline, std::stop_token stop);
  /// The same queue, for what agents say of themselves. Errors: also not_found.
  Result<std::unique_ptr<AgentReportSink>> agent_reports(Deadline deadline, std::stop_token stop);
  Result<std::unique_ptr<ScanRequestQueue>> scan_requests(Deadline deadline, std::stop_token stop);
  /// The deployment's dead letters in this region. Errors: as `event_queue`.
  Result<std::unique_ptr<DeadLetterBox>> dead_letters(Deadline deadline, std::stop_token stop);
  /// Where a sweep of the bucket keeps how far it is.
  std::unique_ptr<DocumentStore> sweep_checkpoint(const BucketName& bucket);
  /// Any other small document in the system bucket.
  std::unique_ptr<DocumentStore> system_document(const ObjectKey& key) {
    return account_.document(key);
  }

 private:
  Protection protection_with(RegionAdminSource regions, RegionWiringSource wiring,
                             ProtectedRegister& protected_register);
  ProtectedRegister::MakePlace make_system_bucket();
  MembersSource members();
  Result<bool> owns(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  Result<MemberAccess> enrolling(const MemberAccount& account);
  Result<EventQueueAccess> queue_access(const std::string& name, const std::string& dead_letters,
                                        Deadline deadline, std::stop_token stop);
  Result<QueueInfo> find_queue(const std::string& name, Deadline deadline, std::stop_token stop);
  Result<BucketAdmin*> home_buckets();

  Account& account_;
  const StoragePorts storage_;
  const std::unique_ptr<DocumentStore> settings_store_;
  const std::unique_ptr<DocumentStore> protected_store_;
  ProtectedRegister protected_register_;
  ProtectedRegister dry_register_;
  ProgressListener progress_ = nullptr;
};

}  // namespace cordon
