#include "core/secret_text.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/secret.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kRandomCharacters = 43;

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string new_secret_text(std::string_view prefix, Random& random) {
  std::array<std::uint64_t, 4> bits{};
  for (std::uint64_t& part : bits) part = random.next();
  std::string secret(prefix);
  secret += base64url(std::as_bytes(std::span(bits)));
  wipe(std::as_writable_bytes(std::span(bits)));
  return secret;
}

bool is_secret_text(std::string_view prefix, std::string_view text) {
  return text.size() == prefix.size() + kRandomCharacters && text.starts_with(prefix) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()), text.end(),
                     is_base64url);
}

}  // namespace cordon
