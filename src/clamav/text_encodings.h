#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "clamav/member_feed.h"

namespace cordon {

/// Gives what stands encoded in the lines of a text: uuencode (also its base64 form), yEnc,
/// BinHex 4.0, and messages in OpenPGP or PEM armour (what is in them: read_openpgp_content,
/// read_cms_content). Text without any costs one pass over its lines.
void read_text_encodings(std::string_view text, MemberFeed& feed);

/// The same as a reader of its own, for content that is nothing but such a text.
/// Problems: unsupported (cut off; continues elsewhere), limit, too_large, staging.
Unpacking read_encoded_text(std::span<const std::byte> content,
                            const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                            const UseMember& use);

/// True when an encoding starts at the beginning of a line within the first 4 KiB.
bool looks_like_encoded_text(std::span<const std::byte> content);

/// Gives what blocks of lines of nothing but base64 stand for, as scripts have them. A block has
/// 256 characters at least, its first line 57.
void read_base64_blocks(std::string_view text, MemberFeed& feed);

}  // namespace cordon
