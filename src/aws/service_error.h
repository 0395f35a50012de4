#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "base/result.h"

// What a service's refusal means for us. Pure; every byte of a reply is foreign.

namespace cordon {

/// An error reply, decoded as far as it could be. Every member may be empty.
struct RemoteError {
  std::string code;        ///< "NoSuchKey": letters, digits, '.', '-', '_', at most 64.
  std::string message;     ///< Cleaned and cut.
  std::string request_id;  ///< For a support case.
  std::string region;      ///< S3: where the bucket is. Well-formed, so it can become a host name.
  /// What answered shows nothing of the service (an error document, the id of the request), and has
  /// text of its own: a proxy, a load balancer, the sign-in page of a network.
  bool is_foreign = false;

  /// The service itself says it: by its error document, or by the id of its request.
  bool is_signed() const { return !code.empty() || !request_id.empty(); }
};

/// The longest error body that is looked at.
inline constexpr std::size_t kErrorBodyBytesMax = 64U << 10U;

/// Reads S3 and Query XML, the JSON protocols, and replies that have headers only. Never fails.
RemoteError decode_remote_error(const HttpResponse& response);

/// An error document in a reply of status 200, as CopyObject, UploadPartCopy and
/// CompleteMultipartUpload may send after they began to answer; none when the body is no error.
std::optional<RemoteError> error_in_body(std::string_view body);

/// The error of ours for a refusal of `call`. `what` says operation, resource, remote code, status,
/// the remote text, what to do where that is known, and the request id.
///
///   denied       access-denied, kms, archived, sse-c, credentials, clock-skew: see `reason`
///   not_found    no such bucket, key, version, queue, ...; a delete marker
///   changed      a precondition failed; a claim ran out
///   throttled, unavailable   worth a retry: so is every code that nobody has heard of, and every
///                answer that is not the service's own
///   invalid      what the service itself says is wrong with the call
Error service_error(const AwsCall& call, int status, const RemoteError& remote);
Error service_error(const AwsCall& call, const HttpResponse& response);

/// A success that is not the service's: a page where S3 answers nothing or XML, the others JSON or
/// XML. For calls whose body is no object's.
bool is_foreign_success(const AwsCall& call, const HttpResponse& response);

/// Only the service's clock or ours is wrong: signing again with its Date may help.
bool is_clock_skew(const RemoteError& remote);
/// The session is over: fresh credentials may help.
bool is_expired_token(const RemoteError& remote);

/// "s3://bucket/key?versionId=v" for S3, else the service's name; for errors and logs.
std::string resource_of(const AwsCall& call);
/// The IAM actions that `call` needs, "s3:GetObjectVersion", as a list for people.
std::string permissions_for(const AwsCall& call);

/// The words of our own settings and messages: "s3", "sqs", ..., as in an IAM action.
std::string_view iam_prefix(AwsService service);
/// True for what can be the name of an AWS region, real or not.
bool is_region_name(std::string_view text);

}  // namespace cordon
