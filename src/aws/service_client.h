#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "net/http_client.h"

namespace cordon {

/// The services that Cordon calls. `signing_name` and `iam_prefix` say how AWS spells them.
enum class AwsService : std::uint8_t { s3, sqs, sns, logs, events, sts, storagegateway };

/// One call of one operation, before endpoint, credentials and signature.
struct AwsCall {
  AwsService service;
  std::string operation;  ///< "PutObjectTagging": for errors, logs and metrics.
  std::string method = "POST";
  std::optional<BucketName> bucket = std::nullopt;  ///< S3: into host or path as configured.
  std::string path = "/";  ///< Raw, starting with '/': "/" + key for S3; encoded by the client.
  std::vector<std::pair<std::string, std::string>> query = {};  ///< Raw names and values.
  Headers headers = {};  ///< Content-Type, X-Amz-Target, x-amz-*, If-Match...
  std::string body = {};
  std::optional<Region> region = std::nullopt;  ///< Another than the client's.
  std::string resource = {};  ///< What it is about, where no bucket says so: "queue cordon-events".
  /// Whether sending it twice does no more than once. Otherwise it is sent again only when the
  /// service itself said that it did nothing, and its caller sees to what had no answer.
  bool is_repeatable = true;
};

/// Endpoint resolution, credentials, SigV4, one HTTP exchange and the retry policy of DESIGN: what
/// every service call shares. Service adapters (S3Store, SqsQueue, ...) are written against this.
class ServiceClient {
 public:
  virtual ~ServiceClient() = default;

  virtual const Region& region() const = 0;

  /// Signs and sends `call`, re-signed on every attempt, retried while the failure is transient. A
  /// status of 2xx or 304 succeeds. `receiver`, when given, gets the body of a successful response;
  /// once it took a byte the call is not retried any more (the caller resumes with a range).
  ///
  /// Threads: any. Blocks: until done, `deadline` or a stop request.
  /// Errors: mapped from transport and service errors (aws/service_error.h). `Error::remote_code`
  /// is the service's own code, without namespace, which the adapters above need ("NoSuchUpload").
  virtual Result<HttpResponse> call(const AwsCall& call, Deadline deadline, std::stop_token stop,
                                    const BodyReceiver* receiver = nullptr) = 0;
};

}  // namespace cordon
