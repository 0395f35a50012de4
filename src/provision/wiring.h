#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/ports/region.h"
#include "provision/provision_report.h"
#include "provision/topology.h"
#include "provision/wiring_plan.h"

namespace cordon {

/// The names that matter for one region.
struct WiringNames {
  Deployment deployment;
  AccountId account;
  Region region;
  std::string topic_arn;
  std::string queue_arn;
};

/// A topic of somebody else at which our queue listens.
struct BorrowedTopic {
  std::string topic_arn;
  Listening listening;
};

/// What one region has for the events of all its buckets.
struct RegionFacts {
  std::string topic_policy;         ///< Empty: no topic.
  std::vector<std::string> let_in;  ///< Topics, by the queue's policy.
  std::vector<BorrowedTopic> borrowed;
};

/// Costs some three requests, and one for each borrowed topic. Errors: those of the ports; a topic
/// or a queue that is not there is none.
Result<RegionFacts> look_at_region(RegionAdmin admin, RegionWiring wiring, const WiringNames& names,
                                   Deadline deadline, std::stop_token stop);

/// How one bucket's events reach our queue: found out, made, taken back.
///
/// What was there before is written down where it can be undone from: in our entry's absence from
/// the configuration, in the filter of our subscription, and in the description of our rule, which
/// says whether it was us who switched EventBridge on for the bucket.
///
/// Threads: one at a time per bucket; the bucket's configuration has no compare-and-set. All
/// references outlive the object.
class BucketWiring {
 public:
  BucketWiring(RegionAdmin admin, RegionWiring wiring, const WiringNames& names, BucketName bucket);

  /// Whether anything leads the bucket's events to us, with the fewest questions: one for a bucket
  /// that is not ours to hear, and for most that are. Also when a part is missing, or was changed
  /// by somebody: what leads here was put there by whoever rules over the bucket.
  Result<bool> leads_here(Deadline deadline, std::stop_token stop);
  /// Adds to `report` what there is and what is missing.
  Result<void> inspect(ProvisionReport& report, Deadline deadline, std::stop_token stop);
  /// The same where the region was looked at already: one request, or two with EventBridge.
  Result<void> inspect(const RegionFacts& region, ProvisionReport& report, Deadline deadline,
                       std::stop_token stop);
  /// Wires the bucket by the least intrusive way, or leaves a working way as it is. Traces of other
  /// ways are removed afterwards, so that nothing is told twice.
  Result<void> connect(ProvisionReport& report, Deadline deadline, std::stop_token stop);
  /// Takes back exactly what `connect` added.
  Result<void> disconnect(ProvisionReport& report, Deadline deadline, std::stop_token stop);

 private:
  struct Found {
    BucketNotifications notifications;
    std::optional<EventRule> rule;
    RegionFacts region;
  };

  Result<Found> look(Deadline deadline, std::stop_token stop);
  std::optional<WiringWay> working_way(const Found& found) const;
  bool has_our_entry(const Found& found) const;
  bool is_heard(const BorrowedTopic& borrowed) const;
  bool tells(const Found& found, const std::string& topic_arn) const;
  bool rule_works(const Found& found) const;
  void describe(const Found& found, WiringWay way, ProvisionStep::State state,
                ProvisionReport& report) const;

  Result<void> connect_by_entry(const Found& found, Deadline deadline, std::stop_token stop);
  Result<void> connect_by_topic(const Found& found, const std::string& topic_arn, Deadline deadline,
                                std::stop_token stop);
  Result<void> connect_by_bus(const Found& found, Deadline deadline, std::stop_token stop);
  /// Removes every way but `keep`; returns whether there was any.
  Result<bool> clear(const Found& found, std::optional<WiringWay> keep, ProvisionReport& report,
                     Deadline deadline, std::stop_token stop);
  Result<void> stop_listening(const BorrowedTopic& borrowed, Deadline deadline,
                              std::stop_token stop);
  Result<void> let_in(const std::vector<std::string>& topics, Deadline deadline,
                      std::stop_token stop);

  NotificationEntry our_entry() const;
  EventRule our_rule(bool bus_was_on) const;

  RegionAdmin admin_;
  RegionWiring wiring_;
  const WiringNames& names_;
  const BucketName bucket_;
};

}  // namespace cordon
