#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "devcloud/access/key_ring.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// Why a signature does not count. Each protocol has its own words for these (dispatch.cc).
enum class AuthProblem : std::uint8_t {
  unknown_key,
  wrong_signature,
  skewed,  ///< The clocks differ by more than 15 minutes.
  malformed_header,
  malformed_query,
  expired_url,
  bad_token,
  expired_token,
  missing_payload_hash,
  unsigned_headers,
  old_signature,  ///< Signature Version 2, which AWS no longer takes.
};

/// Why a request is refused before it reaches a service; the dispatcher makes the answer of it.
struct AuthFailure {
  AuthProblem problem;
  std::string message;
};

/// What a valid signature says.
struct Signed {
  Identity identity;
  std::string service;
  std::string region;
  /// Value of x-amz-content-sha256, or what stands for it. Whether the body has this hash is for
  /// the reader of the body to check.
  std::string payload_hash;
  bool presigned = false;
  // For the chunks of a streamed body, whose signatures continue this one.
  std::string signature;
  std::string scope;
  std::string date;
  std::string signing_key;
};

/// Nothing: the request carries no signature at all.
using Verification = std::variant<std::monostate, Signed, AuthFailure>;

/// Checks Signature Version 4 in the header or in the query: key, token, date, canonical request.
/// `target` is the request's own, already split. For services other than S3 the body is hashed
/// here; `body` is then the whole of it.
Verification verify_signature(const ServerRequest& request, const RequestTarget& target,
                              const KeyRing& keys, SystemTime now);

/// The service in the credential scope, unverified; empty when there is none.
std::string claimed_service(const ServerRequest& request, const RequestTarget& target);

}  // namespace cordon::cloud
