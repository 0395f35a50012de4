#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/allow.h"
#include "core/verdict.h"

namespace cordon {

/// An engine names at most so many signatures of one object, so a longer list may be incomplete.
inline constexpr std::size_t kSignaturesNamedMax = 16;

/// Whether `entries` allow what was found: the verdict is infected, and every signature in it is
/// allowed for this content at this place now. Fails towards "no": an unknown content, a list of
/// names that may be cut, an entry without a digest, a restriction that does not fit. Pure.
bool allowed(const Verdict& verdict, const std::optional<std::string>& sha256,
             const ObjectRef& object, const std::vector<AllowEntry>& entries, SystemTime now);

}  // namespace cordon
