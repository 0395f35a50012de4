#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace cordon {

/// What the headers of a RAR 5 archive say about itself.
struct Rar5Summary {
  std::uint64_t members = 0;
  bool encrypted = false;     ///< Headers or some member need a password.
  bool multi_volume = false;  ///< Some member continues in another file.
  bool has_end = false;       ///< The block that ends it was there.

  bool operator==(const Rar5Summary&) const = default;
};

/// Walks the headers of the archive that starts at the beginning of `archive`, for what libarchive
/// does not tell: Debian 12's version reads an encrypted member as if it were a plain one.
///
/// Errors: invalid when a header is damaged or reaches beyond the end. Pure; every header is at
/// least 7 bytes, so the number of steps is bounded by the size.
Result<Rar5Summary> read_rar5_headers(std::span<const std::byte> archive);

}  // namespace cordon
