#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// One entry of a bucket's notification configuration.
struct NotificationEntry {
  enum class Target : std::uint8_t { topic, queue, function };

  std::string id;
  Target target = Target::topic;
  std::string arn;
  std::vector<std::string> events;  ///< "s3:ObjectCreated:*", ...
  std::string prefix;               ///< Empty: any key.
  std::string suffix;
  /// The store's own form of an entry that was read, given back unchanged when it is written again,
  /// so that what we do not understand is kept. Empty for an entry of ours.
  std::string verbatim;

  bool operator==(const NotificationEntry&) const = default;
};

/// The whole notification configuration of a bucket, as it was read or as it is to be written.
struct BucketNotifications {
  std::vector<NotificationEntry> entries;
  bool event_bridge = false;

  bool operator==(const BucketNotifications&) const = default;
};

/// Whether a bucket keeps versions. `suspended`: it has those from before, and what is new replaces
/// the null version.
enum class Versioning : std::uint8_t { off, on, suspended };

/// A bucket for Cordon's own use.
struct PrivateBucket {
  BucketName name;
  /// Unfinished uploads are dropped after a day. Objects expire after so many days, and a version
  /// that was replaced so many days later; 0: never, none: as it is.
  std::optional<std::uint32_t> expire_days = std::nullopt;
  /// The store may be none of AWS's: what it does not know is left out, and so is a block of public
  /// access that keeps everybody's objects out.
  bool on_any_store = false;
};

/// The configuration of buckets of one region.
///
/// Threads: any. Errors of every method: cancelled, timeout, unavailable, throttled, denied (names
/// the permission), not_found (no such bucket), invalid (the store refuses the configuration; its
/// reason).
class BucketAdmin {
 public:
  virtual ~BucketAdmin() = default;

  virtual Result<std::vector<BucketName>> list(Deadline deadline, std::stop_token stop) = 0;
  virtual Result<Region> region_of(const BucketName& bucket, Deadline deadline,
                                   std::stop_token stop) = 0;
  virtual Result<Versioning> versioning(const BucketName& bucket, Deadline deadline,
                                        std::stop_token stop) = 0;
  virtual Result<BucketNotifications> notifications(const BucketName& bucket, Deadline deadline,
                                                    std::stop_token stop) = 0;
  /// Replaces the whole configuration.
  virtual Result<void> set_notifications(const BucketName& bucket,
                                         const BucketNotifications& configuration,
                                         Deadline deadline, std::stop_token stop) = 0;
  /// After how many days every unfinished upload is dropped; none: they are kept until somebody
  /// ends them, at the price of storage.
  virtual Result<std::optional<std::uint32_t>> unfinished_upload_days(const BucketName& bucket,
                                                                      Deadline deadline,
                                                                      std::stop_token stop) = 0;
  /// Makes sure that the bucket exists in this region, is ours, private (public access blocked,
  /// owner enforced), versioned and encrypted. Idempotent; never touches objects or the policy.
  virtual Result<void> ensure_private(const PrivateBucket& bucket, Deadline deadline,
                                      std::stop_token stop) = 0;
  /// What `ensure_private` would change, in words ("public access block"); empty: nothing. What the
  /// store knows nothing of counts as it should be.
  virtual Result<std::vector<std::string>> private_lacks(const PrivateBucket& bucket,
                                                         Deadline deadline,
                                                         std::stop_token stop) = 0;
  /// The access policy (JSON document); empty: the bucket has none.
  virtual Result<std::string> policy(const BucketName& bucket, Deadline deadline,
                                     std::stop_token stop) = 0;
  /// Replaces the whole policy; empty: takes it away. There is no compare-and-set.
  virtual Result<void> set_policy(const BucketName& bucket, const std::string& policy,
                                  Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
