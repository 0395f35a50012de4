#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/held_object.h"

namespace cordon {

/// Asked about every verdict before it is tagged and acted upon. It changes no verdict and no tag.
///
/// Threads: any.
class ActionBrake {
 public:
  virtual ~ActionBrake() = default;

  /// `found` names nothing when nothing was found. `counts`: the engine was asked this time.
  virtual BrakeRuling rule(const HeldObject& found, bool counts, std::stop_token stop) = 0;

  /// Whether every one of the names was rejected: an older verdict that says so is none.
  virtual bool is_rejected(const std::vector<std::string>& names) const = 0;

  /// Writes down that the object is held, so that it can be worked off.
  /// Errors: cancelled; unavailable: it is not written down, or the brake was released meanwhile.
  virtual Result<void> record(const HeldObject& held, Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
