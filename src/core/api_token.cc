#include "core/api_token.h"

#include <algorithm>

#include "base/digest.h"
#include "core/secret_text.h"

namespace cordon {
namespace {

constexpr std::string_view kPrefix = "cordon_";
constexpr std::size_t kNameBytesMax = 64;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string_view name_of(ApiRole role) {
  switch (role) {
    case ApiRole::viewer:
      return "viewer";
    case ApiRole::operator_:
      return "operator";
    case ApiRole::admin:
      return "admin";
  }
  return "viewer";
}

std::optional<ApiRole> parse_api_role(std::string_view name) {
  for (const ApiRole role : {ApiRole::viewer, ApiRole::operator_, ApiRole::admin}) {
    if (name == name_of(role)) return role;
  }
  return std::nullopt;
}

bool covers(ApiRole role, ApiRole needed) { return role >= needed; }

Result<void> check_token_name(std::string_view name) {
  const bool is_name = !name.empty() && name.size() <= kNameBytesMax &&
                       std::all_of(name.begin(), name.end(),
                                   [](char c) { return is_word_character(c) || c == '.'; });
  if (is_name) return {};
  return Error{Errc::invalid,
               "a token's name has 1 to 64 letters, digits, '-', '_' and '.', and no others"};
}

std::string new_token_secret(Random& random) { return new_secret_text(kPrefix, random); }

std::string digest_of_secret(std::string_view secret) {
  const Sha256Digest digest = sha256(secret);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

bool is_token_secret(std::string_view text) { return is_secret_text(kPrefix, text); }

bool is_valid(const ApiToken& token, SystemTime now) {
  return !token.revoked && (!token.expires || now < *token.expires);
}

}  // namespace cordon
