#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// True when the bytes begin with an OpenPGP message that is encrypted (RFC 9580 section 10.3, and
/// the forms of RFC 4880): to a key, with a password, or both. Messages that are only signed,
/// compressed or literal, keys, certificates and detached signatures are not.
///
/// `bytes` may be the beginning of a longer message. Without a packet that says who may open it, an
/// encrypted packet must end exactly where `bytes` do: one first byte is no proof.
///
/// Pure; goes from packet head to packet head, at most kOpenPgpPacketsMax of them.
bool is_locked_openpgp(std::span<const std::byte> bytes);

/// A message to more recipients than this is not recognised.
inline constexpr int kOpenPgpPacketsMax = 10'000;

}  // namespace cordon
