#pragma once

#include <optional>

#include "base/error.h"
#include "core/verdict.h"

namespace cordon {

/// What a failure says about the object itself: a verdict, or nothing when it says something about
/// the network, this machine or its credentials. `last` is true when there is no other try, so that
/// what would be retried becomes a verdict too. Never Clean. Pure.
std::optional<Verdict> verdict_for_read_failure(const Error& error, bool last);
std::optional<Verdict> verdict_for_scan_failure(const Error& error, bool last);

/// Whether an engine that looked at content (not empty) can have meant this verdict: it is
/// consistent, and nothing is Clean that was not looked at.
bool is_credible(const Verdict& verdict);

/// Denied because of what this object is or who may touch it; not for a reason that concerns every
/// request (credentials, clock).
bool is_denied_for_object(const Error& error);

/// Refused for good, because of this object or this place. Everything else is worth another
/// delivery, or means that the object is gone or another one.
bool is_refusal(const Error& error);

}  // namespace cordon
