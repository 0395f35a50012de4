#pragma once

#include <cstddef>
#include <span>

#include "clamav/member_giver.h"

namespace cordon {

/// Gives what is embedded in the stream "PowerPoint Document" ([MS-PPT] 2.10.34 to 2.10.36): OLE
/// objects, controls and the storage of macros, each a compound file, most of them compressed. They
/// are found by their own form, wherever a directory of the document says that they are. False:
/// stop.
///
/// Time: each byte of the stream is decompressed at most once by each object that claims it, and
/// these may claim four times the stream.
bool give_powerpoint_objects(std::span<const std::byte> stream, MemberGiver& giver);

}  // namespace cordon
