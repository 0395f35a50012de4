#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// One installation, and the names of everything it owns: a contract that other people's scripts
/// rely on (docs/formats/resources.md).
class Deployment {
 public:
  /// Errors: invalid unless `name` is 1 to 20 lower-case letters, digits and '-'. Whether it is
  /// short enough depends on the region (check_name_lengths).
  static Result<Deployment> create(std::string_view name);

  const std::string& name() const { return name_; }
  std::string event_topic() const { return "cordon-events-" + name_; }
  std::string event_queue() const { return "cordon-events-" + name_; }
  std::string dead_letters() const { return "cordon-events-dead-" + name_; }
  /// What sweeps ask to be scanned, behind everything that is new.
  std::string sweep_queue() const { return "cordon-sweep-" + name_; }
  /// What a console takes results and agents' reports from, in the region of the system bucket.
  std::string results_queue() const { return "cordon-results-" + name_; }
  std::string results_dead_letters() const { return "cordon-results-dead-" + name_; }
  std::string notification_topic() const { return "cordon-notifications-" + name_; }
  std::string log_group() const { return "/cordon/" + name_ + "/scan-results"; }
  /// The id of our entry in a bucket's notification configuration.
  std::string notification_id() const { return "cordon-" + name_; }
  /// The rule on the event bus that leads a gateway's upload events to us.
  std::string gateway_rule() const { return "cordon-gateway-" + name_; }
  /// The rule for a bucket whose events come by the event bus: a digest stands for its name, which
  /// may be longer than a rule's.
  std::string bucket_rule(const BucketName& bucket) const;
  BucketName quarantine_bucket(const AccountId& account, const Region& region) const;
  /// Where a sweep of the bucket keeps how far it is, in the system bucket.
  ObjectKey sweep_checkpoint(const BucketName& bucket) const {
    return ObjectKey("sweeps/" + bucket.str() + ".json");
  }
  /// Which buckets are protected, in the system bucket.
  static ObjectKey protected_set() { return ObjectKey("protected.json"); }
  /// Where the documents of the region's brake are, in the system bucket.
  static std::string brake_folder(const Region& region) { return "brake/" + region.str() + "/"; }
  BucketName system_bucket(const AccountId& account) const;
  /// Where the system bucket is made: `here`, unless its name says where.
  Region system_region(const Region& here) const { return home_.value_or(here); }

  /// The same deployment with its buckets in the account's own namespaces, where nobody else can
  /// make them: their names end with "-ACCOUNT-REGION-an". `home` is the region of the system
  /// bucket.
  Deployment with_account_regional_buckets(Region home) const;

 private:
  explicit Deployment(std::string name) : name_(std::move(name)) {}

  std::string name_;
  std::optional<Region> home_ = std::nullopt;  ///< Set: buckets are account-regional.
};

/// Whether every name that the deployment gives away in the region is as short as its service wants
/// it. Errors: invalid: says which is not, and how long the deployment's name may be there.
Result<void> check_name_lengths(const Deployment& deployment, const AccountId& account,
                                const Region& region);

/// `{name}@{account}`: tells a deployment from those of the same name in other accounts. Without an
/// account the name alone.
std::string deployment_id(std::string_view name, const std::optional<AccountId>& account);

}  // namespace cordon
