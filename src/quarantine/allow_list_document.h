#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/allow.h"

namespace cordon {

inline constexpr std::size_t kAllowDocumentBytesMax = 1U << 20U;

/// The settings document `present` (none: there is none yet) with `entries` added to its list
/// `allow`; everything else stays as it is. None when they are all on it already. Pure.
/// Errors: invalid when the document is no object, its `allow` is no list, or it would grow above
/// kAllowDocumentBytesMax.
Result<std::optional<std::string>> with_entries(const std::optional<std::string>& present,
                                                const std::vector<AllowEntry>& entries);

}  // namespace cordon
