#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/result.h"
#include "clamav/archive_members.h"

namespace cordon {

/// Takes what comes out of a decoder, piece by piece.
using TakePiece = std::function<Result<void>(std::span<const std::byte>)>;

/// Unpacks a gzip file (RFC 1952), all of its members one behind the other, by zlib, which compares
/// the sums and sizes that libarchive passes over. `end` is where the last member ends.
///
/// Problems: unsupported (damaged, cut off, a wrong sum), too_large, limit, staging (`take`). What
/// came out before a problem was given to `take`.
Unpacking unpack_gzip(std::span<const std::byte> file, const UnpackLimits& limits,
                      const TakePiece& take);

/// The same for a file that is one zlib stream (RFC 1950).
Unpacking unpack_zlib(std::span<const std::byte> file, const UnpackLimits& limits,
                      const TakePiece& take);

}  // namespace cordon
