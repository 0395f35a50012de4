#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// True when `archive` begins with an ARJ archive of which some member with content needs a
/// password. Follows the headers; each must have its checksum. Pure; at most 1,000,000 headers.
bool is_locked_arj(std::span<const std::byte> archive);

}  // namespace cordon
