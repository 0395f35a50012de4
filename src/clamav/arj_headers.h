#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "clamav/size_and_sum.h"

namespace cordon {

/// True when `archive` begins with an ARJ archive of which some member with content needs a
/// password. Follows the headers; each must have its checksum. Pure; at most 1,000,000 headers.
bool is_locked_arj(std::span<const std::byte> archive);

/// Where the ARJ archive that `archive` begins with ends. Nothing when it has no end. Pure; the
/// same limit.
std::optional<std::size_t> arj_end(std::span<const std::byte> archive);

/// What the members with content must unpack to, by the headers of the archive that `archive`
/// begins with: only the engine unpacks them.
struct ArjMembers {
  std::vector<SizeAndSum> unpacked = {};  ///< Without those that need a password.
  bool unreadable = false;  ///< Some member's size cannot be true: more is packed into it.
};
/// Pure; the same limit.
ArjMembers arj_members(std::span<const std::byte> archive);

}  // namespace cordon
