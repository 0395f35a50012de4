#include "net/request_check.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

bool is_token_character(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

bool is_url_character(char c) { return c > ' ' && c < 0x7F && c != '#' && c != '\\'; }

}  // namespace

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_character);
}

bool is_field_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

Result<std::string> origin_of(std::string_view url) {
  if (!std::all_of(url.begin(), url.end(), is_url_character)) {
    return Error{Errc::invalid, "the URL contains a character that must be percent-encoded"};
  }
  const std::size_t scheme_end = url.find("://");
  const std::string scheme = lower(url.substr(0, std::min(scheme_end, url.size())));
  if (scheme_end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return Error{Errc::invalid, "the URL starts with neither http:// nor https://"};
  }
  const std::size_t host_begin = scheme_end + 3;
  const std::size_t host_end = std::min(url.find_first_of("/?", host_begin), url.size());
  const std::string authority = lower(url.substr(host_begin, host_end - host_begin));
  if (authority.empty() || authority.front() == ':') {
    return Error{Errc::invalid, "the URL names no host"};
  }
  if (authority.find('@') != std::string::npos) {
    return Error{Errc::invalid, "the URL contains a user or a password"};
  }
  return scheme + "://" + authority;
}

Result<void> check_request(std::string_view method, const Headers& headers) {
  if (!is_field_name(method)) return Error{Errc::invalid, "the method is not an HTTP token"};
  for (const auto& [name, value] : headers.all()) {
    if (!is_field_name(name)) return Error{Errc::invalid, "a header name is not an HTTP token"};
    if (!is_field_value(value)) {
      return Error{Errc::invalid, "header " + name + " contains a control character"};
    }
    if (equal_ignoring_case(name, "content-length") ||
        equal_ignoring_case(name, "transfer-encoding")) {
      return Error{Errc::invalid, "header " + name + " is set by the client itself"};
    }
  }
  return {};
}

}  // namespace cordon
