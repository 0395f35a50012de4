#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_server.h"

// The secret of a session, as a browser carries it (RFC 6265): no script reads it, no other site
// has it sent.

namespace cordon {

/// How a cookie reaches the console. Over TLS it has a name that no page without TLS, and no other
/// host of the domain, can set.
enum class CookieKind : unsigned char { plain, over_tls };

/// The secret that the request shows; none: it shows none, several, or something else.
std::optional<std::string> session_secret_in(const ServerRequest& request, CookieKind kind);
/// The value of Set-Cookie that makes a browser keep it until it ends.
std::string cookie_with(std::string_view secret, CookieKind kind);
/// The one that makes a browser forget it.
std::string cookie_gone(CookieKind kind);

}  // namespace cordon
