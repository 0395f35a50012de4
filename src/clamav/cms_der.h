#pragma once

#include <cstddef>
#include <span>

namespace cordon {

/// True when the bytes begin with a CMS or PKCS #7 message (RFC 5652, in DER or BER) whose content
/// is encrypted: enveloped, authenticated-enveloped, encrypted, signed-and-enveloped data, or
/// signed data around one of these; or with a PKCS #12 store (RFC 7292) that has such a part.
///
/// Signed data (certificate bundles, signatures of mails, programs and packages), certificates,
/// lists of revoked ones and keys are not. A PKCS #8 key with a password is not either, as long as
/// it is no larger than a key can be (64 KiB).
///
/// `bytes` may be the beginning of a longer message. Pure; looks at the first heads alone.
bool is_locked_cms(std::span<const std::byte> bytes);

}  // namespace cordon
