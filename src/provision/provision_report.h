#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// What a step is about.
enum class ProvisionPart : std::uint8_t {
  // What a region has, once for all its buckets.
  topic,
  topic_policy,
  queue,
  queue_policy,
  dead_letters,
  sweep_queue,
  subscription,
  quarantine_bucket,
  quarantine_policy,
  region,
  // What belongs to one bucket.
  notification,
  versioning,
  read_gate,
  status,  ///< What its state is, where nothing else could be found out.
  // What a deployment has once.
  protected_set,
  system_bucket,
  notification_topic,
  results_queue,
  results_dead_letters,
  destination,  ///< A bucket that routes name.
  // Accounts of others.
  member_account,
  member_accounts,
  member_bucket,
  role,
  // Storage Gateway.
  share,
  rule,
  announcements,
  s3_events,  ///< S3's own events beside those of the gateway.
};

std::string_view name_of(ProvisionPart part);  ///< In words: "dead letters"

/// One thing that was looked at or changed, for people and for `--json`.
struct ProvisionStep {
  enum class State : std::uint8_t { present, created, changed, removed, missing, kept };

  ProvisionPart part = ProvisionPart::status;
  std::string name;  ///< ARN or name
  State state = State::present;
  std::string note = {};  ///< What it means, or what to do.

  bool operator==(const ProvisionStep&) const = default;
};

std::string_view name_of(ProvisionStep::State state);

/// What a command found or did for one bucket.
struct ProvisionReport {
  BucketName bucket;
  std::optional<Region> region;  ///< None: nobody could find it out.
  bool is_protected = false;     ///< After the command: every part is in place.
  std::vector<ProvisionStep> steps;
  /// Why something of ours is still there that was to go; the steps say what.
  std::optional<Error> left = std::nullopt;

  /// Whether a step says this of a part.
  bool has(ProvisionPart part, ProvisionStep::State state) const;

  void add(ProvisionPart part, std::string name, ProvisionStep::State state,
           std::string note = {}) {
    steps.push_back({part, std::move(name), state, std::move(note)});
  }
};

}  // namespace cordon
