#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// RFC 1950: a file that is one zlib stream. Its mark has two bytes, so the beginning is inflated:
/// true when 64 bytes come out of it, or fewer that are all there is.
///
/// Pure. Reads at most 16 KiB.
bool is_zlib(std::span<const std::byte> content);

}  // namespace cordon
