#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/log.h"
#include "core/allow.h"
#include "core/allow_mark.h"
#include "core/ports/object_store.h"
#include "core/verdict.h"

namespace cordon {

/// The allow list in force. Threads: any.
using AllowSource = std::function<std::vector<AllowEntry>()>;

/// What `allowance_for` needs.
struct AllowancePorts {
  ObjectStore& store;
  const BucketName& quarantine;
  const AllowSource& list;  ///< Empty: there is no list.
  const Clock& clock;
  Log& log;
};

/// Whether somebody who may has let this object pass: by the allow list, for infected content, or
/// by a mark in the quarantine bucket for exactly this state of it ("allow once"), whatever the
/// verdict. What is not there, is malformed or may not be read allows nothing.
///
/// Errors: cancelled, timeout, unavailable, throttled: nothing is known, and another delivery may
/// find out. Guessing "no" would take away what was just put back.
Result<bool> allowance_for(const Verdict& verdict, const ScannedState& scanned,
                           const AllowancePorts& ports, Deadline deadline, std::stop_token stop);

}  // namespace cordon
