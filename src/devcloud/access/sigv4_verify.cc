// The server's side of Signature Version 4.
//
// Written against AWS's documentation and not against our client, which would only prove that both
// make the same mistakes. What is sent is decoded and encoded again, as S3 does it, so that a
// client that escapes more or less than it signed is judged as AWS would judge it.

#include "devcloud/access/sigv4_verify.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace cordon::cloud {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::chrono::minutes kSkewMax{15};
constexpr std::uint64_t kExpiresMax = 7 * 24 * 3600;

// The parts of a signature, from the header or from the query.
struct Claim {
  std::string access_key;
  std::string day;
  std::string region;
  std::string service;
  std::string scope;
  std::vector<std::string> signed_headers;
  std::string signature;
  std::string date;  // 20261122T155033Z
  std::string token;
  bool presigned = false;
  std::uint64_t expires = 0;
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

AuthFailure malformed(bool presigned, std::string message) {
  return {presigned ? AuthProblem::malformed_query : AuthProblem::malformed_header,
          std::move(message)};
}

std::optional<AuthFailure> take_credential(std::string_view credential, Claim& claim) {
  const std::vector<std::string> fields = split(credential, '/');
  if (fields.size() < 5 || fields.back() != "aws4_request") {
    return malformed(claim.presigned,
                     "The authorization header is malformed; the Credential is mal-formed; "
                     "expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  }
  const std::size_t n = fields.size();  // An access key may hold slashes.
  claim.day = fields[n - 4];
  claim.region = fields[n - 3];
  claim.service = fields[n - 2];
  claim.scope = claim.day + "/" + claim.region + "/" + claim.service + "/aws4_request";
  claim.access_key = std::string(credential.substr(0, credential.size() - claim.scope.size() - 1));
  return std::nullopt;
}

std::optional<AuthFailure> take_header(std::string_view value, const ServerRequest& request,
                                       Claim& claim) {
  value.remove_prefix(kAlgorithm.size());
  std::string credential;
  for (const std::string& field : split(value, ',')) {
    const std::string_view part = trim(field);
    if (part.starts_with("Credential=")) credential = part.substr(11);
    if (part.starts_with("SignedHeaders=")) claim.signed_headers = split(part.substr(14), ';');
    if (part.starts_with("Signature=")) claim.signature = part.substr(10);
  }
  if (credential.empty() || claim.signed_headers.empty() || claim.signature.empty()) {
    return malformed(false,
                     "The authorization header is malformed; the authorization header requires "
                     "three components: Credential, SignedHeaders, and Signature.");
  }
  if (auto problem = take_credential(credential, claim)) return problem;
  claim.token = request.headers.get("x-amz-security-token").value_or("");
  if (const auto date = request.headers.get("x-amz-date")) {
    claim.date = trim(*date);
  } else if (const auto http = request.headers.get("date")) {
    const Result<SystemTime> time = parse_http_date(*http);
    if (time) claim.date = iso8601_basic(*time);
  }
  return std::nullopt;
}

std::optional<AuthFailure> take_query(const RequestTarget& target, Claim& claim) {
  claim.presigned = true;
  const auto value = [&](std::string_view name) {
    return std::string(target.param(name).value_or(""));
  };
  if (value("X-Amz-Algorithm") != kAlgorithm || value("X-Amz-Signature").empty() ||
      value("X-Amz-SignedHeaders").empty() || value("X-Amz-Date").empty()) {
    return malformed(true,
                     "Query-string authentication version 4 requires the X-Amz-Algorithm, "
                     "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
                     "X-Amz-Expires parameters.");
  }
  if (auto problem = take_credential(value("X-Amz-Credential"), claim)) return problem;
  claim.signed_headers = split(value("X-Amz-SignedHeaders"), ';');
  claim.signature = value("X-Amz-Signature");
  claim.date = value("X-Amz-Date");
  claim.token = value("X-Amz-Security-Token");
  const auto expires = parse_u64(value("X-Amz-Expires"));
  if (!expires) return malformed(true, "X-Amz-Expires should be a number");
  if (*expires > kExpiresMax) {
    return malformed(true,
                     "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                     "X-Amz-Expires must be less than 604800 seconds");
  }
  claim.expires = *expires;
  return std::nullopt;
}

std::optional<SystemTime> parse_basic(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::string extended(text.substr(0, 4));
  extended.append("-").append(text.substr(4, 2)).append("-").append(text.substr(6, 2));
  extended.append("T").append(text.substr(9, 2)).append(":").append(text.substr(11, 2));
  extended.append(":").append(text.substr(13, 2)).append("Z");
  const Result<SystemTime> time = parse_rfc3339(extended);
  if (!time) return std::nullopt;
  return *time;
}

// 20261122T155033Z
std::string basic(SystemTime time) {
  std::string text = rfc3339_s(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

AuthFailure skewed(const Claim& claim, SystemTime date, SystemTime now) {
  if (claim.service == "s3") {
    return {AuthProblem::skewed,
            "The difference between the request time and the current time is too large."};
  }
  const bool is_old = date < now;
  const SystemTime limit = is_old ? now - kSkewMax : now + kSkewMax;
  const std::string minutes =
      std::to_string(std::chrono::duration_cast<std::chrono::minutes>(kSkewMax).count());
  return {AuthProblem::skewed,
          (is_old ? "Signature expired: " : "Signature not yet current: ") + claim.date +
              (is_old ? " is now earlier than " : " is still later than ") + basic(limit) + " (" +
              basic(now) + (is_old ? " - " : " + ") + minutes + " min.)"};
}

std::optional<AuthFailure> check_date(const Claim& claim, SystemTime now) {
  const std::optional<SystemTime> date = parse_basic(claim.date);
  if (!date) return malformed(claim.presigned, "X-Amz-Date must be formatted via ISO8601 basic");
  if (!claim.date.starts_with(claim.day)) {
    return malformed(claim.presigned,
                     "The authorization header is malformed; Invalid credential date \"" +
                         claim.day + "\". This date is not the same as X-Amz-Date: \"" +
                         claim.date.substr(0, 8) + "\".");
  }
  if (*date > now + kSkewMax || (!claim.presigned && *date < now - kSkewMax)) {
    return skewed(claim, *date, now);
  }
  if (claim.presigned && now > *date + std::chrono::seconds(claim.expires)) {
    return AuthFailure{AuthProblem::expired_url, "Request has expired"};
  }
  return std::nullopt;
}

// Every part is decoded and encoded again; a '%' that is no escape stays what it is.
std::string normal_path(std::string_view path, bool s3) {
  if (!s3) return percent_encode(path.empty() ? "/" : path, true);
  const Result<std::string> decoded = percent_decode(path);
  return percent_encode(decoded ? std::string_view(*decoded) : path, true);
}

std::string canonical_query(const RequestTarget& target) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : target.query) {
    if (name == "X-Amz-Signature") continue;
    pairs.emplace_back(percent_encode(name, false), percent_encode(value, false));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

std::string collapse_spaces(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    if (c == ' ' && !out.empty() && out.back() == ' ') continue;
    out.push_back(c);
  }
  return out;
}

std::string canonical_headers(const ServerRequest& request, const Claim& claim) {
  std::string out;
  for (const std::string& name : claim.signed_headers) {
    std::string values;
    for (const auto& [field, value] : request.headers.all()) {
      if (!equal_ignoring_case(field, name)) continue;
      if (!values.empty()) values += ',';
      values += collapse_spaces(value);
    }
    out.append(lower(name)).append(":").append(values).append("\n");
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string hmac(std::string_view key, std::string_view text) {
  const Sha256Digest digest = hmac_sha256(as_bytes_of(key), text);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

// S3 insists that whatever steers it is signed.
std::optional<AuthFailure> check_signed_headers(const ServerRequest& request, const Claim& claim) {
  const auto is_signed = [&](std::string_view name) {
    return std::any_of(claim.signed_headers.begin(), claim.signed_headers.end(),
                       [&](const std::string& s) { return equal_ignoring_case(s, name); });
  };
  bool complete = is_signed("host");
  for (const auto& [name, value] : request.headers.all()) {
    const std::string small = lower(name);
    if (small == "x-amz-content-sha256" && claim.presigned) continue;
    if (claim.service == "s3" && small.starts_with("x-amz-") && !is_signed(small)) complete = false;
  }
  if (complete) return std::nullopt;
  return AuthFailure{AuthProblem::unsigned_headers,
                     "There were headers present in the request which were not signed"};
}

std::optional<AuthFailure> check_token(const Claim& claim, const AccessKey& key, SystemTime now) {
  if (!equal_constant_time(claim.token, key.token)) {
    return AuthFailure{key.token.empty() || !claim.token.empty() ? AuthProblem::bad_token
                                                                 : AuthProblem::unknown_key,
                       "The provided token is malformed or otherwise invalid."};
  }
  if (key.expires && now > *key.expires) {
    return AuthFailure{AuthProblem::expired_token, "The provided token has expired."};
  }
  return std::nullopt;
}

AuthFailure old_signature() {
  return {AuthProblem::old_signature,
          "The authorization mechanism you have provided is not supported. Please use "
          "AWS4-HMAC-SHA256."};
}

Verification check_claim(const ServerRequest& request, const RequestTarget& target,
                         const KeyRing& keys, SystemTime now, const Claim& claim) {
  if (auto problem = check_date(claim, now)) return *problem;
  const std::optional<AccessKey> key = keys.find(claim.access_key);
  if (!key) {
    return AuthFailure{AuthProblem::unknown_key,
                       "The AWS Access Key Id you provided does not exist in our records."};
  }
  if (auto problem = check_token(claim, *key, now)) return *problem;
  if (auto problem = check_signed_headers(request, claim)) return *problem;
  const bool s3 = claim.service == "s3";
  Signed result{key->identity,   claim.service, claim.region, {}, claim.presigned,
                claim.signature, claim.scope,   claim.date,   {}};
  result.payload_hash = request.headers.get("x-amz-content-sha256").value_or("");
  if (s3 && claim.presigned) result.payload_hash = "UNSIGNED-PAYLOAD";
  if (!s3) result.payload_hash = hex(sha256(request.body));
  if (result.payload_hash.empty()) {
    return AuthFailure{AuthProblem::missing_payload_hash,
                       "Missing required header for this request: x-amz-content-sha256"};
  }
  std::string canonical = request.method + "\n" + normal_path(target.path, s3) + "\n" +
                          canonical_query(target) + "\n" + canonical_headers(request, claim) +
                          "\n" + lower(joined(claim.signed_headers, ";")) + "\n" +
                          result.payload_hash;
  const std::string to_sign = std::string(kAlgorithm) + "\n" + claim.date + "\n" + claim.scope +
                              "\n" + hex(sha256(canonical));
  result.signing_key =
      hmac(hmac(hmac(hmac("AWS4" + key->secret, claim.day), claim.region), claim.service),
           "aws4_request");
  const std::string expected = hex(as_bytes_of(hmac(result.signing_key, to_sign)));
  if (!equal_constant_time(expected, claim.signature)) {
    return AuthFailure{AuthProblem::wrong_signature,
                       "The request signature we calculated does not match the signature you "
                       "provided. Check your key and signing method."};
  }
  return result;
}

}  // namespace

Verification verify_signature(const ServerRequest& request, const RequestTarget& target,
                              const KeyRing& keys, SystemTime now) {
  Claim claim;
  if (const auto header = request.headers.get("authorization")) {
    if (header->starts_with("AWS ")) return old_signature();
    if (!header->starts_with(kAlgorithm)) {
      return AuthFailure{AuthProblem::malformed_header, "Unsupported Authorization Type"};
    }
    if (auto problem = take_header(*header, request, claim)) return *problem;
  } else if (target.has("X-Amz-Algorithm") || target.has("X-Amz-Signature")) {
    if (auto problem = take_query(target, claim)) return *problem;
  } else if (target.has("AWSAccessKeyId")) {
    return old_signature();
  } else {
    return std::monostate{};
  }
  return check_claim(request, target, keys, now, claim);
}

std::string claimed_service(const ServerRequest& request, const RequestTarget& target) {
  std::string_view credential = target.param("X-Amz-Credential").value_or("");
  if (const auto header = request.headers.get("authorization")) {
    const std::size_t at = header->find("Credential=");
    if (at == std::string_view::npos) return {};
    credential = header->substr(at + 11);
    credential = trim(credential.substr(0, credential.find(',')));
  }
  const std::vector<std::string> fields = split(credential, '/');
  return fields.size() < 5 ? std::string() : fields[fields.size() - 2];
}

}  // namespace cordon::cloud
