#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/cordon/cli.h"
#include "aws/aws_context.h"
#include "aws/owned_client.h"
#include "base/guarded.h"
#include "core/deployment.h"
#include "core/member_account.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/bucket_census.h"
#include "core/ports/bucket_policies.h"
#include "core/ports/dead_letter_box.h"
#include "core/ports/document_store.h"
#include "core/ports/event_queue.h"
#include "core/ports/object_store.h"
#include "core/ports/protected_buckets.h"
#include "core/ports/result_sink.h"
#include "core/ports/scan_request_queue.h"
#include "core/ports/store_probe.h"
#include "provision/gateway_link.h"
#include "provision/member_upkeep.h"
#include "provision/protected_desk.h"
#include "provision/protection.h"
#include "provision/rehearsal.h"
#include "provision/settings_desk.h"

namespace cordon {

/// The queue that an agent works from.
struct EventQueueAccess {
  std::unique_ptr<EventQueue> queue;
  std::chrono::seconds visibility{};  ///< How long a received message stays hidden.
};

/// Where the policy of a bucket is changed.
struct BucketPolicyAccess {
  Region region;
  std::unique_ptr<BucketPolicies> policies;
};

/// The account that a command works in: AWS, or whatever answers at `--endpoint-url`. Owns the
/// adapters and gives them out as ports.
///
/// Threads: any, once connected.
class Cloud {
 public:
  /// Resolves settings and asks who we are. `process` outlives the cloud.
  /// Errors: invalid (settings; says which), denied (credentials), unavailable (says which
  /// endpoint).
  static Result<std::unique_ptr<Cloud>> connect(Process& process);
  ~Cloud();

  const Deployment& deployment() const { return deployment_; }
  const Region& region() const { return context_.region(); }
  const AccountId& account() const { return account_; }

  /// Every request says whose the bucket has to be: ours, unless `expect_owners` says otherwise.
  ObjectStore& store() { return *store_; }
  StoreProbe& store_probe() { return *store_probe_; }
  BucketCatalogue& catalogue() { return *catalogue_; }
  /// From now on whose each bucket has to be, in every request about objects. Threads: any.
  void expect_owners(BucketOwner owners);
  AccountId owner_of(const BucketName& bucket) const;
  /// Without saying so: for what anybody may offer and is proven by other means.
  ObjectStore& store_of_anybody() { return *any_store_; }
  BucketCatalogue& catalogue_of_anybody() { return *any_catalogue_; }
  Protection protection();
  /// Changes nothing; see Rehearsal.
  Protection protection(Rehearsal& rehearsal);
  /// Links file shares. `protection` outlives it.
  GatewayLink gateway_link(Protection& protection);
  /// The protected set as it is written.
  ProtectedDesk& protected_desk() { return *protected_desk_; }
  DocumentStore& protected_store() { return *protected_store_; }
  std::string protected_origin() const;
  /// Asks the bucket, and for uploads the file share, whether its events are led to us: what an
  /// agent does about a name that the protected set does not hold. Of this account or of `owner`.
  /// Errors: as ProtectedBuckets.
  using Owner = std::optional<MemberAccount>;  ///< None: it is ours.
  Result<bool> leads_here(const StandingQuestion& question, const Owner& owner, Deadline deadline,
                          std::stop_token stop);
  /// Of `region()`.
  FileShareAdmin& file_shares() { return *file_shares_; }
  /// The account's buckets, in every region.
  BucketCensus& census() { return *census_; }
  /// Takes on a role of another account; `account.id` and `.buckets` are not looked at.
  /// Errors: invalid (no role of another account), denied (says what the role must say).
  Result<MemberAccess> member(const MemberAccount& account, Deadline deadline,
                              std::stop_token stop);
  /// For commands that take an account out of what agents know although its role cannot be taken
  /// on: `why` answers whatever is asked of its buckets. Errors: invalid (no role of another
  /// account).
  Result<MemberAccess> member_out_of_reach(const MemberAccount& account, const Error& why);
  /// Buckets and objects with the rights of the account's role.
  BucketCensus& census_as(const MemberAccount& account);
  ObjectStore& store_as(const MemberAccount& account);
  BucketCatalogue& catalogue_as(const MemberAccount& account);
  RegionAdminSource region_admins();
  /// Those of the settings of the moment.
  PoliciesSource policies();
  RegionWiringSource region_wiring();
  /// The deployment's settings document, "s3://BUCKET/settings.json".
  DocumentStore& settings_store() { return *settings_store_; }
  std::string settings_origin() const;
  SettingsDesk settings_desk();
  /// What follows from other member accounts in the settings.
  MemberUpkeep member_upkeep();
  /// A private, versioned bucket of ours, for trying things out. Idempotent.
  Result<void> ensure_bucket(const BucketName& bucket, Deadline deadline, std::stop_token stop);

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

  /// The deployment's event queue in this region.
  /// Errors: not_found, with the command that creates it.
  Result<EventQueueAccess> event_queue(Deadline deadline, std::stop_token stop);
  /// The deployment's sweep queue in this region. Errors: as `event_queue`.
  Result<EventQueueAccess> sweep_queue(Deadline deadline, std::stop_token stop);
  Result<std::unique_ptr<ScanRequestQueue>> scan_requests(Deadline deadline, std::stop_token stop);
  /// Where a sweep of the bucket keeps how far it is.
  std::unique_ptr<DocumentStore> sweep_checkpoint(const BucketName& bucket);
  /// Any other small document in the system bucket.
  std::unique_ptr<DocumentStore> system_document(const ObjectKey& key);
  /// Makes the system bucket where it is missing.
  Result<void> ensure_system_bucket(Deadline deadline, std::stop_token stop);
  /// The account's own buckets of this region whose new objects agents are told of.
  Result<std::vector<BucketName>> watched_buckets(Deadline deadline, std::stop_token stop);
  /// The deployment's dead letters in this region. Errors: as `event_queue`.
  Result<std::unique_ptr<DeadLetterBox>> dead_letters(Deadline deadline, std::stop_token stop);
  /// One line per result in the deployment's log group, in a stream named `agent`.
  std::unique_ptr<ResultSink> result_log(const std::string& agent);
  /// Publishes to the notification topic what the settings of the moment want published. The cloud
  /// outlives the sink.
  std::unique_ptr<ResultSink> notifications(std::function<NotificationSettings()> settings);

 private:
  struct RegionAdapters;
  struct MemberAdapters;

  Cloud(Process& process, Deployment deployment, AwsContext context);
  Result<RegionAdmin> admin_of(const Region& region);
  Result<RegionWiring> wiring_of(const Region& region);
  MembersSource members();
  Result<bool> owns(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  MemberAdapters& member_adapters(const MemberAccount& account);
  Result<MemberAccess> enrolling(const MemberAccount& account);
  /// None where AWS's own is asked.
  std::optional<std::string> configured_endpoint() const;
  bool store_uses_tls() const;
  Result<EventQueueAccess> queue_access(const std::string& name, Deadline deadline,
                                        std::stop_token stop);
  Result<QueueInfo> find_queue(const std::string& name, Deadline deadline, std::stop_token stop);

  Process& process_;
  Deployment deployment_;
  AwsContext context_;
  AccountId account_;
  Guarded<std::shared_ptr<const BucketOwner>> owners_;
  std::unique_ptr<OwnedClient> owned_client_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<StoreProbe> store_probe_;
  std::unique_ptr<BucketCatalogue> catalogue_;
  std::unique_ptr<ObjectStore> any_store_;
  std::unique_ptr<BucketCatalogue> any_catalogue_;
  std::unique_ptr<FileShareAdmin> file_shares_;
  std::unique_ptr<BucketCensus> census_;
  std::unique_ptr<DocumentStore> settings_store_;
  std::unique_ptr<DocumentStore> protected_store_;
  std::unique_ptr<ProtectedDesk> protected_desk_;
  std::unique_ptr<ProtectedDesk> rehearsed_desk_;
  std::mutex mutex_;
  std::map<Region, std::unique_ptr<RegionAdapters>> admins_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<MemberAdapters>> members_;
};

}  // namespace cordon
