#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/ports/file_share_admin.h"
#include "provision/protected_register.h"
#include "provision/protection.h"
#include "provision/provision_report.h"
#include "provision/wiring.h"

namespace cordon {

/// How `GatewayLink::link` links one file share, as far as its user chooses.
struct GatewayLinkOptions {
  /// How long a file must rest before its upload is announced (60 to 600 s). None: 60 s, or as it
  /// is where uploads are announced already.
  std::optional<std::chrono::seconds> settling = std::nullopt;
  /// Also when the bucket sends us S3 events: every upload is then seen twice.
  bool beside_s3_events = false;
};

/// What a command found or did for one file share.
struct GatewayReport {
  std::string share_arn;
  std::optional<FileShare> share = std::nullopt;  ///< None: it is not there any more.
  bool is_linked = false;                         ///< Every part is in place.
  std::vector<ProvisionStep> steps = {};
};

/// Leads what file shares of Storage Gateways announce to our agents, instead of S3's events, which
/// come for parts of files. One rule on the region's event bus names the shares that are linked;
/// its description remembers which of them announced uploads before. No bucket needs to be
/// protected.
///
/// Threads: one at a time per region. All references outlive the object.
/// Errors: those of the ports; invalid (says why a share is not linked).
class GatewayLink {
 public:
  GatewayLink(const Deployment& deployment, AccountId account, RegionAdminSource regions,
              RegionWiringSource wiring, Protection& protection);

  /// Where linked buckets are written down; outlives the object. Without it they are not.
  void know_register(ProtectedRegister& protected_register) { register_ = &protected_register; }

  Result<GatewayReport> link(const std::string& share_arn, const GatewayLinkOptions& options,
                             Deadline deadline, std::stop_token stop);
  /// Takes back exactly what `link` added; topic and queues stay.
  Result<GatewayReport> unlink(const std::string& share_arn, Deadline deadline,
                               std::stop_token stop);
  /// Every share of the region, and those that are linked without being there.
  Result<std::vector<GatewayReport>> status(const Region& region, Deadline deadline,
                                            std::stop_token stop);
  /// The buckets that linked file shares of the region show. Of a share that cannot be described just
  /// now it is what the protected set says; without one it is an error.
  Result<std::set<BucketName>> linked_buckets(const Region& region, Deadline deadline,
                                              std::stop_token stop);

 private:
  struct Place {
    Region region;
    RegionAdmin admin;
    RegionWiring wiring;
    std::string topic_arn;
  };
  /// What our rule says.
  struct Linked {
    std::vector<std::string> shares;     ///< ARNs, sorted.
    std::vector<std::string> announced;  ///< Ids of those that announced uploads before.
    bool works = false;                  ///< Enabled, and it leads to our topic.
  };

  Result<Place> place_of(const std::string& share_arn);
  Result<Place> place_in(const Region& region);
  Result<Linked> linked_in(Place& place, Deadline deadline, std::stop_token stop);
  Result<void> write(Place& place, const Linked& linked, Deadline deadline, std::stop_token stop);
  Result<void> check_bucket(Place& place, const FileShare& share, bool beside_s3_events,
                            Deadline deadline, std::stop_token stop);
  Result<bool> sends_s3_events(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  Result<void> admit_bus(Place& place, GatewayReport& report, Deadline deadline,
                         std::stop_token stop);
  Result<void> enter(Place& place, const FileShare& share, GatewayReport& report, Deadline deadline,
                     std::stop_token stop);
  Result<void> leave(Place& place, GatewayReport& report, Deadline deadline, std::stop_token stop);
  Result<GatewayReport> inspect(Place& place, const Linked& linked, const std::string& share_arn,
                                Deadline deadline, std::stop_token stop);

  Deployment deployment_;
  AccountId account_;
  RegionAdminSource regions_;
  RegionWiringSource wiring_;
  Protection& protection_;
  ProtectedRegister* register_ = nullptr;
};

}  // namespace cordon
