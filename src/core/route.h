#pragma once

#include <optional>
#include <vector>

#include "core/action_kind.h"
#include "core/object_ref.h"
#include "core/policy.h"

namespace cordon {

/// One thing to be done with one object, its destination worked out.
struct PlannedAction {
  ActionKind kind = ActionKind::keep;
  std::optional<BucketName> bucket = std::nullopt;  ///< Set exactly for move and copy.
  std::optional<ObjectKey> key = std::nullopt;
  bool to_quarantine = false;
  /// The destination cannot be used; this says why. The object then stays.
  std::optional<std::string> impossible = std::nullopt;
  bool is_there = false;  ///< The object lies below the destination already, so it stays.

  bool operator==(const PlannedAction&) const = default;
};

/// Whether an object of this key lies below the destination.
bool lies_below(const Destination& to, const BucketName& bucket, const std::string& key);

/// The key at the destination of an object with this key.
std::string key_below(const Destination& to, const std::string& key);

/// What a route means for one object.
///
/// The order is made safe: copies come first and at most one action, the last, takes the object
/// away. Of several moves all but the last become copies. `keep` beside a move or delete means that
/// the object stays: moves become copies and the delete is dropped. A destination whose key would
/// be too long is impossible, and then nothing takes the object away. An object that lies below one
/// of its own destinations has arrived: it is neither copied on nor deleted, only quarantined. An
/// empty route keeps. Pure.
std::vector<PlannedAction> plan_route(const Route& route, const ObjectRef& object,
                                      const BucketName& quarantine);

}  // namespace cordon
