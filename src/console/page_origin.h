#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "console/session_cookie.h"
#include "net/http_server.h"

namespace cordon {

/// Where people reach the console: what their browsers say of their own pages is compared with it.
class PageOrigin {
 public:
  /// Nobody has said it: a request's own Host is taken for it.
  PageOrigin() = default;
  /// "https://console.example.org" or "http://...:8080". Errors: invalid.
  static Result<PageOrigin> parse(std::string_view url);

  CookieKind cookie_kind() const;
  /// Whether a browser says that a page of another site, or of another host of this one, has made
  /// the request. Programs say nothing of the kind.
  bool is_foreign(const ServerRequest& request) const;

 private:
  std::optional<std::string> origin_;  ///< In lower case, without a slash at its end.
};

}  // namespace cordon
