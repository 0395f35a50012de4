#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

// One-time codes by time (RFC 6238): SHA-1, steps of 30 s, six digits, which is what every
// authenticator knows. Pure.

namespace cordon {

/// The step that a time lies in.
std::int64_t code_step_of(SystemTime time);
/// The six digits of a step (RFC 4226).
std::string code_of(std::string_view secret, std::int64_t step);
/// The step whose code this is: the present one, the one before or the one after, and later than
/// `last`; none: it is not, or not any more.
std::optional<std::int64_t> step_of_code(std::string_view secret, std::string_view code,
                                         SystemTime now, std::int64_t last);

/// 20 random bytes.
std::string new_code_secret(Random& random);
/// RFC 4648 section 6 without padding, as people type it into an authenticator.
std::string base32(std::string_view bytes);
/// What an authenticator reads from a picture: otpauth://totp/...
std::string otpauth_uri(std::string_view secret, std::string_view person);

}  // namespace cordon
