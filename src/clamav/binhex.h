#pragma once

#include <string_view>

#include "clamav/member_feed.h"

namespace cordon {

/// BinHex 4.0 (RFC 1741): gives the data fork and the resource fork, where they are not empty, of
/// the file that starts at the first ":" of `text`. Cut-off or damaged: gives what is there and
/// reports unsupported.
void read_binhex(std::string_view text, MemberFeed& feed);

}  // namespace cordon
