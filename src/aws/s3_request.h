#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "aws/service_client.h"
#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/tags.h"

// Requests that more than one of the S3 files send. Internal to aws.

namespace cordon {

/// A call on one object, with its version in the query when it is pinned.
AwsCall s3_call(std::string operation, std::string method, const ObjectRef& object);

/// The same with a body, whose MD5 is announced: S3 wants it for what it configures.
AwsCall s3_call_with_body(std::string operation, std::string method, const ObjectRef& object,
                          std::string body);

/// HEAD, successful only while the ETag is `if_match` (when given).
Result<HttpResponse> s3_head(ServiceClient& client, const ObjectRef& object,
                             const std::optional<ETag>& if_match, Deadline deadline,
                             std::stop_token stop);

/// PutObjectTagging: replaces the whole set.
Result<void> put_tags(ServiceClient& client, const ObjectRef& object, const TagSet& tags,
                      Deadline deadline, std::stop_token stop);

}  // namespace cordon
