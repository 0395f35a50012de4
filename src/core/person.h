#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "core/api_token.h"

namespace cordon {

/// What lets a person who has no password choose one, once.
struct Invitation {
  std::string digest;  ///< SHA-256 of the secret, 32 bytes.
  SystemTime expires;

  bool operator==(const Invitation&) const = default;
};

/// Somebody who may sign in to the console. Secrets are kept as what tells them, not as themselves,
/// but for the one-time codes, whose secret both sides must have.
struct Person {
  std::string name;  ///< For signing in and for logs; never given to two.
  ApiRole role = ApiRole::viewer;
  std::optional<std::string> password_hash = std::nullopt;  ///< Argon2id, as libsodium writes it.
  std::optional<Invitation> invitation = std::nullopt;
  std::optional<std::string> code_secret = std::nullopt;   ///< One-time codes are asked for.
  std::optional<std::string> code_offered = std::nullopt;  ///< Shown, and not yet confirmed.
  std::int64_t code_step = 0;  ///< Of the last code that was taken: no earlier one counts, nor it.
  bool is_disabled = false;
  /// Another number whenever all who are signed in as this person shall not be so any more; a
  /// session counts as long as it has the person's. Drawn, so that none comes again.
  std::int64_t generation = 0;
  SystemTime created;

  bool operator==(const Person&) const = default;
};

/// A change of one person, or why there is none; gets what is stored and changes it in place.
using PersonEdit = std::function<Result<void>(Person& person)>;

/// 1 to 64 lower-case letters, digits, '-', '_', '.', '@' and '+'. Errors: invalid, which says so.
Result<void> check_person_name(std::string_view name);
/// 12 to 256 bytes of UTF-8, and not made of few characters or of the name. Errors: invalid, which
/// says what a password has to be.
Result<void> check_password(std::string_view password, std::string_view name);

/// Whether the person can sign in and may do everything.
bool is_acting_admin(const Person& person);
/// Whether what is stored of the people, with `change` in place of the one of its name, still has
/// somebody who can sign in and may do everything.
bool has_acting_admin(const std::vector<Person>& people, const Person& change);

/// Ends every session of the person.
void sign_out_everywhere(Person& person, Random& random);

}  // namespace cordon
