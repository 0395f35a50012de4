#include "console/session_cookie.h"

#include <algorithm>

#include "base/text.h"
#include "core/secret_text.h"

namespace cordon {
namespace {

std::string_view name_of(CookieKind kind) {
  return kind == CookieKind::over_tls ? "__Host-cordon-session" : "cordon-session";
}

std::string cookie(std::string_view value, std::string_view more, CookieKind kind) {
  std::string out(name_of(kind));
  out += "=";
  out += value;
  out += "; Path=/; HttpOnly; SameSite=Strict";
  out += more;
  if (kind == CookieKind::over_tls) out += "; Secure";
  return out;
}

}  // namespace

std::optional<std::string> session_secret_in(const ServerRequest& request, CookieKind kind) {
  std::optional<std::string> found;
  for (const auto& [field, text] : request.headers.all()) {
    if (!equal_ignoring_case(field, "Cookie")) continue;
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view one = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = one.find('=');
      if (equals == std::string_view::npos || one.substr(0, equals) != name_of(kind)) continue;
      // Two of a name: somebody else has set one, and it does not say which.
      if (found) return std::nullopt;
      found = std::string(one.substr(equals + 1));
    }
  }
  if (found && !is_secret_text(kSessionPrefix, *found)) return std::nullopt;
  return found;
}

std::string cookie_with(std::string_view secret, CookieKind kind) {
  return cookie(secret, "", kind);
}

std::string cookie_gone(CookieKind kind) { return cookie("", "; Max-Age=0", kind); }

}  // namespace cordon
