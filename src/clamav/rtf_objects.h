#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// True when Word takes `content` for Rich Text Format: it asks for no more than "{\rt".
bool is_rtf(std::span<const std::byte> content);

/// Gives what is written as hexadecimal digits in an RTF document: the data of each embedded object
/// (\objdata), then, of an object in its OLE 1.0 form ([MS-OLEDS] 2.2.5), the native data alone and
/// the file that a Package wraps; also pictures and other data of 64 bytes and more, and what \bin
/// includes as it is. Whatever else stands between the digits of an object is passed over; what
/// stands in groups between them is read both ways.
///
/// Problems: unsupported (\bin reaches beyond the end), limit, too_large, staging.
/// Pure but for `temp_directory`. Memory: an object's bytes, at most half of the document.
/// Time: at most two passes over the document.
Unpacking read_rtf_objects(std::span<const std::byte> document,
                           const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                           const UseMember& use);

}  // namespace cordon
