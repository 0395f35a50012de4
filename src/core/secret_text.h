#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

// Secrets that people and programs carry: tokens, sessions, invitations. Each is a prefix, which
// says what it is for, and 256 random bits as 43 characters of base64url. Whoever has it is the
// bearer; it is shown once, and only its digest is kept (digest_of_secret in api_token.h).

namespace cordon {

inline constexpr std::string_view kSessionPrefix = "cordon-session_";
inline constexpr std::string_view kInvitationPrefix = "cordon-invitation_";
inline constexpr std::string_view kSetupPrefix = "cordon-setup_";

std::string new_secret_text(std::string_view prefix, Random& random);
/// Whether the text could be a secret of this prefix; saves a look into the database.
bool is_secret_text(std::string_view prefix, std::string_view text);

}  // namespace cordon
