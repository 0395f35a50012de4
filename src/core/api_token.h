#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace cordon {

/// What somebody may do. `viewer`: read. `operator_`: also say what became of problems, and act on
/// single objects and messages. `admin`: also change what the deployment does, and who may what.
/// Each may what those before it may.
enum class ApiRole : std::uint8_t { viewer, operator_, admin };
std::string_view name_of(ApiRole role);  ///< "viewer", "operator", "admin"
std::optional<ApiRole> parse_api_role(std::string_view name);
/// Whether `role` may do what `needed` may. Pure.
bool covers(ApiRole role, ApiRole needed);

/// What is kept of a token: everything but the token.
struct ApiToken {
  std::string name;  ///< Whose it is, for people. At most one of a name that is not revoked.
  ApiRole role = ApiRole::viewer;
  std::string digest;  ///< SHA-256 of the secret, 32 bytes.
  SystemTime created;
  std::optional<SystemTime> expires = std::nullopt;
  std::optional<SystemTime> revoked = std::nullopt;

  bool operator==(const ApiToken&) const = default;
};

/// 1 to 64 letters, digits, '-', '_' and '.'. Errors: invalid, which says so.
Result<void> check_token_name(std::string_view name);

/// A new secret: "cordon_" and 256 random bits as 43 characters of base64url. Whoever has it is the
/// bearer; it is shown once and kept nowhere.
std::string new_token_secret(Random& random);
/// What is kept of a secret. One hash is enough: nobody can try 256 random bits through.
std::string digest_of_secret(std::string_view secret);
/// Whether the text could be a secret of ours; saves a look into the database.
bool is_token_secret(std::string_view text);

/// Whether the token counts at this moment: neither revoked nor expired.
bool is_valid(const ApiToken& token, SystemTime now);

}  // namespace cordon
