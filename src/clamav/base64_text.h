#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// True when `content` begins like XML or HTML, in UTF-8, a code page or UTF-16.
bool is_markup(std::span<const std::byte> content);

/// Gives what is written in base64 (RFC 4648, 4) in a document in XML or HTML: the content of
/// elements (pictures and objects in flat OpenDocument, WordprocessingML 2003 and packages in one
/// file, attachments in SOAP), data: addresses, and any other text of that form without gaps. From
/// 64 bytes on, in elements for binary data of any size. What stands inside it without a meaning
/// (white space, comments, CDATA sections, numeric character references) is passed over.
///
/// Problems: unsupported (an element that holds binary data uses entities of its own), limit,
/// too_large, staging.
/// Pure but for `temp_directory`. Time: two passes over the document.
Unpacking read_base64_text(std::span<const std::byte> document,
                           const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                           const UseMember& use);

}  // namespace cordon
