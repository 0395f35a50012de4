#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "clamav/archive_members.h"

namespace cordon {

/// Gives what an OpenPGP message (RFC 9580) holds in the clear: the literal data, also where it is
/// signed or compressed. Binary or in armour ("-----BEGIN PGP MESSAGE-----" at the beginning). Keys
/// and signatures hold nothing, nor does what is encrypted (whether it is encrypted others say).
///
/// Problems: unsupported (damaged, cut off, another compression), limit, too_large, staging.
Unpacking read_openpgp_content(std::span<const std::byte> message,
                               const std::filesystem::path& temp_directory,
                               const UnpackLimits& limits, const UseMember& use);

/// True for the beginning of a message that is signed, compressed or just wrapped, or for its
/// armour. Pure; looks at the first bytes.
bool looks_like_openpgp(std::span<const std::byte> content);

}  // namespace cordon
