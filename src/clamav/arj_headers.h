#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace cordon {

/// True when `archive` begins with an ARJ archive of which some member with content needs a
/// password. Follows the headers; each must have its checksum. Pure; at most 1,000,000 headers.
bool is_locked_arj(std::span<const std::byte> archive);

/// Where the ARJ archive that `archive` begins with ends. Nothing when it has no end. Pure; the
/// same limit.
std::optional<std::size_t> arj_end(std::span<const std::byte> archive);

}  // namespace cordon
