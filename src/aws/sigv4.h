#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "base/clock.h"
#include "net/http.h"

// AWS Signature Version 4. Pure functions, each step by itself, so that a mismatch can be found by
// comparing with what a server says it computed.

namespace cordon {

/// S3 signs the path as it stands; the other services sign it normalised and encoded once more.
enum class SigningForm : std::uint8_t { s3, general };

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// What a signature is bound to: a moment, which is also the request's x-amz-date, a region and a
/// service.
struct SigningScope {
  SystemTime time;
  std::string region;
  std::string service;  ///< The signing name: "s3", "sqs", "logs".
  SigningForm form = SigningForm::general;
};

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// A request before its signature.
struct SignableRequest {
  std::string method;
  std::string host;  ///< As in the Host header: lower case, port only when not the default one.
  std::string path;  ///< As it goes over the wire: encoded once.
  QueryParameters query;  ///< Raw names and values.
  Headers headers;        ///< Without Host.
  /// Lower-case hex SHA-256 of the body, or UNSIGNED-PAYLOAD (S3 only, and only over TLS).
  std::string payload_hash;
};

/// Encoded, sorted by encoded name and then value. Also a valid query for the wire.
std::string canonical_query(const QueryParameters& query);
/// "host;x-amz-date": which headers are signed. All but those that proxies and clients change.
std::string signed_header_names(const SignableRequest& request);
std::string canonical_request(const SignableRequest& request, SigningForm form);
/// "20261122/eu-west-1/s3/aws4_request"
std::string credential_scope(const SigningScope& scope);
std::string string_to_sign(const SigningScope& scope, std::string_view canonical_request);
std::string signature(const Secret& secret_access_key, const SigningScope& scope,
                      std::string_view string_to_sign);

/// Adds x-amz-date, x-amz-security-token, for S3 x-amz-content-sha256, and Authorization; what was
/// there of these names is replaced.
void sign(SignableRequest& request, const AwsCredentials& credentials, const SigningScope& scope);

}  // namespace cordon
