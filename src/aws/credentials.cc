#include "aws/credentials.h"

#include <openssl/crypto.h>

#include <boost/json.hpp>

#include "aws/bounded_json.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kDocumentBytesMax = 64U << 10U;

// What can stand in an Authorization header: no blanks, commas, slashes or control characters.
bool is_access_key_id(std::string_view text) {
  if (text.empty() || text.size() > 256) return false;
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7F || c == ',' || c == '/') return false;
  }
  return true;
}

bool is_printable(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) return false;
  for (const char c : text) {
    if (c < ' ' || c >= 0x7F) return false;
  }
  return true;
}

Error broken(std::string_view who, std::string_view why) {
  return Error{Errc::unavailable,
               std::string(who) + " answered with unusable credentials: " + std::string(why)};
}

}  // namespace

void Secret::wipe() noexcept {
  if (!bytes_.empty()) OPENSSL_cleanse(bytes_.data(), bytes_.size());
  bytes_.clear();
}

Result<AwsCredentials> decode_credentials(std::string_view body, std::string_view who) {
  auto document = parse_json_object(body, who, kDocumentBytesMax);
  if (!document) return broken(who, "not a JSON object");
  if (const auto code = string_member(*document, "Code"); code && *code != "Success") {
    return broken(who, "code " + utf8_clean(*code, 64));
  }
  const auto id = string_member(*document, "AccessKeyId");
  auto secret = string_member(*document, "SecretAccessKey");
  auto token = string_member(*document, "Token");
  if (!token) token = string_member(*document, "SessionToken");
  const auto expiration = string_member(*document, "Expiration");
  if (!id || !is_access_key_id(*id)) return broken(who, "AccessKeyId is missing or malformed");
  if (!secret || secret->empty() || !is_printable(*secret, 1024)) {
    return broken(who, "SecretAccessKey is missing or malformed");
  }
  if (token && !is_printable(*token, 32U << 10U)) return broken(who, "the token is malformed");
  AwsCredentials credentials{*id, Secret(*secret), Secret(token.value_or("")), std::nullopt,
                             std::string(who)};
  wipe(*secret);
  if (token) wipe(*token);
  if (expiration && !expiration->empty()) {
    const Result<SystemTime> expires = parse_rfc3339(*expiration);
    if (!expires) return broken(who, "Expiration is not a time");
    credentials.expires = *expires;
  }
  return credentials;
}

}  // namespace cordon
