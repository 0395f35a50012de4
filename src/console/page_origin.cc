#include "console/page_origin.h"

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::string_view kTls = "https://";
constexpr std::string_view kPlain = "http://";

// What stands behind the scheme; empty: there is none of ours.
std::string_view host_in(std::string_view origin) {
  for (const std::string_view scheme : {kTls, kPlain}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return "";
}

}  // namespace

Result<PageOrigin> PageOrigin::parse(std::string_view url) {
  PageOrigin made;
  made.origin_ = lower(url.ends_with('/') ? url.substr(0, url.size() - 1) : url);
  const std::string_view host = host_in(*made.origin_);
  if (host.empty() || host.find_first_of("/?#@ \t\r\n") != std::string_view::npos) {
    return Error{Errc::invalid,
                 "--public-url: write scheme and host, as in https://console.example.org"};
  }
  return made;
}

CookieKind PageOrigin::cookie_kind() const {
  return origin_ && origin_->starts_with(kTls) ? CookieKind::over_tls : CookieKind::plain;
}

// https://www.w3.org/TR/fetch-metadata/ and RFC 6454. "none" is a person who typed the address.
bool PageOrigin::is_foreign(const ServerRequest& request) const {
  const auto site = request.headers.get("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") return true;
  const auto said = request.headers.get("Origin");
  if (!said) return false;
  const std::string origin = lower(*said);
  if (origin_) return origin != *origin_;
  const auto host = request.headers.get("Host");
  return !host || host_in(origin).empty() || host_in(origin) != lower(*host);
}

}  // namespace cordon
