#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// Gives what a message of the Cryptographic Message Syntax (RFC 5652, 3274; PKCS #7) holds in the
/// clear: the content that is signed, digested, authenticated, compressed or just wrapped. In DER
/// or BER, in PEM armour, or in base64 without any. A signature alone and what is encrypted hold
/// nothing (whether it is encrypted others say).
///
/// Problems: unsupported (damaged, cut off, another compression), limit, too_large, staging.
Unpacking read_cms_content(std::span<const std::byte> message,
                           const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                           const UseMember& use);

/// True for the beginning of such a message in any of these forms. Pure; looks at the first bytes.
bool looks_like_cms(std::span<const std::byte> content);

}  // namespace cordon
