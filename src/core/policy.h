#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/object_ref.h"
#include "core/verdict.h"

namespace cordon {

/// Which tags of ours spare an object the engine.
enum class SkipScanned : std::uint8_t {
  sealed,  ///< Only a valid seal over the content.
  tagged,  ///< A bare result tag, which anybody who may upload can write.
  never,
};

/// What a move does when its destination exists.
enum class Collision : std::uint8_t {
  version,  ///< Adds a version; fails where the bucket keeps none.
  fail,
};

/// Where a step moves or copies objects to: a bucket, and a folder in it under which they keep
/// their keys.
struct Destination {
  BucketName bucket;
  std::string prefix;  ///< "" or a folder without the final slash.

  bool operator==(const Destination&) const = default;
};

/// One step of a route, as the settings state it.
struct RouteStep {
  enum class Kind : std::uint8_t { keep, remove, quarantine, move, copy };
  Kind kind = Kind::keep;
  std::optional<Destination> to = std::nullopt;  ///< Set exactly for move and copy.

  bool operator==(const RouteStep&) const = default;
};
using Route = std::vector<RouteStep>;

/// What to scan, and what becomes of an object by its verdict. The defaults are a contract.
struct Policy {
  SkipScanned skip_scanned = SkipScanned::sealed;
  /// A verdict that is older spares nothing. Zero: any age will do.
  std::chrono::hours skip_scanned_max_age{0};
  Collision collision = Collision::version;
  /// Whether Clean objects without versions are moved and copied although the store ignores
  /// conditions or drops the tags of copies.
  bool promote_without_conditions = false;
  /// Where the step `quarantine` leads; none: to the deployment's own quarantine of the region.
  std::optional<BucketName> quarantine = std::nullopt;
  std::vector<std::string> include = {"**"};
  std::vector<std::string> exclude = {};
  Route on_clean = {{RouteStep::Kind::keep}};
  Route on_infected = {{RouteStep::Kind::quarantine}};
  Route on_unscannable = {{RouteStep::Kind::keep}};
  Route on_suspicious = {{RouteStep::Kind::keep}};
  Route on_error = {{RouteStep::Kind::keep}};

  bool operator==(const Policy&) const = default;
};

/// `skip_scanned_max_age` as a limit; none: there is none.
std::optional<std::chrono::milliseconds> age_limit(const Policy& policy);

/// Infected content that its owner allowed stays where it is: allowing it says that it may be
/// there, not that it may go where only clean content goes.
const Route& route_for(const Policy& policy, Disposition disposition);

/// Whether objects of this key are scanned: any `include` matches and no `exclude` does.
bool admits(const Policy& policy, const ObjectKey& key);

/// The parts of a policy that a region, bucket or prefix states for itself.
struct PolicyOverride {
  std::optional<SkipScanned> skip_scanned = std::nullopt;
  std::optional<std::chrono::hours> skip_scanned_max_age = std::nullopt;
  std::optional<Collision> collision = std::nullopt;
  std::optional<bool> promote_without_conditions = std::nullopt;
  std::optional<BucketName> quarantine = std::nullopt;
  std::optional<std::vector<std::string>> include = std::nullopt;
  std::optional<std::vector<std::string>> exclude = std::nullopt;
  std::optional<Route> on_clean = std::nullopt;
  std::optional<Route> on_infected = std::nullopt;
  std::optional<Route> on_unscannable = std::nullopt;
  std::optional<Route> on_suspicious = std::nullopt;
  std::optional<Route> on_error = std::nullopt;

  bool operator==(const PolicyOverride&) const = default;
};

/// What the settings state for one bucket, or for those of its keys that begin with `prefix`.
struct BucketPolicy {
  BucketName bucket;
  std::string prefix;  ///< Of the key; empty: the whole bucket.
  PolicyOverride stated;

  bool operator==(const BucketPolicy&) const = default;
};

/// Everything that the settings say about policies.
struct PolicySet {
  Policy defaults;
  std::map<Region, PolicyOverride> regions = {};
  std::vector<BucketPolicy> buckets = {};

  bool operator==(const PolicySet&) const = default;
};

/// The policy of one object: the defaults, overridden by the region's, then by every entry of the
/// bucket whose prefix the key has, the shortest first, so that the most specific one wins in what
/// it states. Entries of equal length apply in their order. Pure.
Policy resolve_policy(const PolicySet& set, const Region& region, const BucketName& bucket,
                      const ObjectKey& key);

/// The policy of one object, from the settings in force. Threads: any.
using PolicySource = std::function<Policy(const BucketName& bucket, const ObjectKey& key)>;

/// Every bucket that a step move or copy of any policy leads to. Pure.
std::set<BucketName> route_destinations(const PolicySet& set);

}  // namespace cordon
