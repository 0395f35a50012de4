#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "core/ports/scanner.h"

namespace cordon {

/// The canary: proves that `scanner` finds what it must (the EICAR string plain, inside zip, inside
/// tar.gz) and calls clean what is clean (text, the same archives without it). Small; some
/// milliseconds. An engine that fails it must not serve.
///
/// Errors: unavailable, with which sample and what was said about it; or the scanner's own error.
Result<void> self_test(Scanner& scanner, Deadline deadline, std::stop_token stop);

}  // namespace cordon
