#include "aws/sigv4.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// Proxies and HTTP clients add or change these; Authorization cannot sign itself.
bool is_signed(std::string_view lower_name) {
  constexpr std::array<std::string_view, 8> kLeftOut = {
      "authorization", "connection",      "expect",           "host", "te",
      "user-agent",    "x-amzn-trace-id", "transfer-encoding"};
  return std::find(kLeftOut.begin(), kLeftOut.end(), lower_name) == kLeftOut.end();
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// No blanks at the ends, one space for each run of blanks inside.
std::string trim_all(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (!is_blank(c)) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Lower-case name to value; repeated headers are merged with a comma, in their order.
std::map<std::string, std::string> canonical_headers(const SignableRequest& request) {
  std::map<std::string, std::string> merged;
  for (const auto& [name, value] : request.headers.all()) {
    std::string key = lower(name);
    if (!is_signed(key)) continue;
    const auto [it, fresh] = merged.try_emplace(std::move(key), trim_all(value));
    if (!fresh) it->second += "," + trim_all(value);
  }
  merged["host"] = trim_all(request.host);
  return merged;
}

// RFC 3986 5.2.4, and runs of slashes count as one.
std::string normalised(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, slash - at);
    at = slash + 1;
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (out.empty() || path.ends_with('/')) out.push_back('/');
  return out;
}

std::string joined_names(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string with_scope(const AwsCredentials& credentials, const SigningScope& scope) {
  return credentials.access_key_id + "/" + credential_scope(scope);
}

std::string signature_of(const SignableRequest& request, const AwsCredentials& credentials,
                         const SigningScope& scope) {
  return signature(credentials.secret_access_key, scope,
                   string_to_sign(scope, canonical_request(request, scope.form)));
}

}  // namespace

std::string canonical_query(const QueryParameters& query) {
  // Pairs are sorted, not joined text: "a-b=1" sorts before "a=1" as text, yet "a" before "a-b".
  QueryParameters encoded;
  encoded.reserve(query.size());
  for (const auto& [name, value] : query) {
    encoded.emplace_back(percent_encode(name, false), percent_encode(value, false));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string out;
  for (const auto& [name, value] : encoded) {
    if (!out.empty()) out.push_back('&');
    out.append(name).append("=").append(value);
  }
  return out;
}

std::string signed_header_names(const SignableRequest& request) {
  return joined_names(canonical_headers(request));
}

std::string canonical_request(const SignableRequest& request, SigningForm form) {
  const auto headers = canonical_headers(request);
  std::string out = request.method + "\n";
  switch (form) {
    case SigningForm::s3:
      out += request.path.empty() ? "/" : request.path;
      break;
    case SigningForm::general:
      out += percent_encode(normalised(request.path), true);
      break;
  }
  out.append("\n").append(canonical_query(request.query)).append("\n");
  for (const auto& [name, value] : headers) {
    out.append(name).append(":").append(value).append("\n");
  }
  out.append("\n").append(joined_names(headers)).append("\n").append(request.payload_hash);
  return out;
}

std::string credential_scope(const SigningScope& scope) {
  return iso8601_basic(scope.time).substr(0, 8) + "/" + scope.region + "/" + scope.service +
         "/aws4_request";
}

std::string string_to_sign(const SigningScope& scope, std::string_view canonical) {
  return std::string(kAlgorithm) + "\n" + iso8601_basic(scope.time) + "\n" +
         credential_scope(scope) + "\n" + hex(sha256(canonical));
}

std::string signature(const Secret& secret_access_key, const SigningScope& scope,
                      std::string_view string_to_sign) {
  std::string first = "AWS4";
  first.append(secret_access_key.reveal());
  Sha256Digest key = hmac_sha256(as_bytes_of(first), iso8601_basic(scope.time).substr(0, 8));
  wipe(first);
  for (const std::string_view step :
       {std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request"), string_to_sign}) {
    key = hmac_sha256(key, step);
  }
  return hex(key);
}

void sign(SignableRequest& request, const AwsCredentials& credentials, const SigningScope& scope) {
  request.headers.remove("date");  // Two dates that differ are refused.
  request.headers.remove("authorization");
  request.headers.set("x-amz-date", iso8601_basic(scope.time));
  request.headers.remove("x-amz-security-token");
  if (!credentials.session_token.empty()) {
    request.headers.add("x-amz-security-token", std::string(credentials.session_token.reveal()));
  }
  if (scope.form == SigningForm::s3) {
    request.headers.set("x-amz-content-sha256", request.payload_hash);
  }
  const std::string value = std::string(kAlgorithm) +
                            " Credential=" + with_scope(credentials, scope) +
                            ", SignedHeaders=" + signed_header_names(request) +
                            ", Signature=" + signature_of(request, credentials, scope);
  request.headers.add("authorization", value);
}

}  // namespace cordon
