#pragma once

#include <cstdint>
#include <string_view>

#include "clamav/member_feed.h"

namespace cordon {

/// Whether a deflate stream stands alone, or in the frame of zlib (header and Adler-32).
enum class InflateForm : std::uint8_t {
  deflate,  ///< RFC 1951
  zlib,     ///< RFC 1950
};

/// Unpacks the stream at the beginning of `packed` into `out`, until `out` has a problem or `feed`
/// wants no more. False when it is damaged or has no end; then `out` has what came before.
bool inflate_into(std::string_view packed, InflateForm form, MemberFeed& feed, StagedMember& out);

/// The first bytes only, at most `bytes_max`.
std::string inflate_beginning(std::string_view packed, InflateForm form, std::size_t bytes_max);

}  // namespace cordon
