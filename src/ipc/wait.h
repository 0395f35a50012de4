#pragma once

#include <cstdint>
#include <stop_token>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// Which operation is to be waited for: a read, or a write.
enum class Readiness : std::uint8_t { readable, writable };

/// Waits until an operation on `descriptor` would not block. A peer that has gone counts as ready:
/// the operation itself then says so.
///
/// Threads: any.
/// Blocks:  until ready, `deadline`, or a stop request, whichever is first.
/// Errors:  cancelled (also when the stop was requested before the call), timeout, unavailable.
Result<void> wait_until_ready(int descriptor, Readiness readiness, Deadline deadline,
                              const std::stop_token& stop, const Clock& clock);

}  // namespace cordon
