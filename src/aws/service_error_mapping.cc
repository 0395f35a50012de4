// The table from remote codes to ours. Codes come first, because one status means many things: S3
// answers 400 for an expired token, a slow upload and a key of the customer's that is missing.

#include <algorithm>
#include <array>
#include <span>

#include "aws/service_error.h"
#include "base/text.h"

namespace cordon {
namespace {

struct Meaning {
  Errc code = Errc::unavailable;
  ErrorCause cause = ErrorCause::unspecified;
  std::string_view advice = "";
};

constexpr ErrorCause kCredentials = ErrorCause::credentials;
constexpr std::string_view kCheckKeys =
    "check the access key and secret, and that they belong to this endpoint";
constexpr std::string_view kExpired =
    "the session is over: renew the credentials (sign in again, or let a role provide them)";
constexpr std::string_view kSetClock = "set this machine's clock (NTP)";
constexpr std::string_view kKms =
    "check that the KMS key is enabled and that its policy lets this role use it (kms:Decrypt, "
    "kms:GenerateDataKey)";

struct Row {
  std::string_view remote;
  Meaning meaning;
};

constexpr std::array kRows = {
    Row{"AccessDenied", {Errc::denied, ErrorCause::access_denied}},
    Row{"AccessDeniedException", {Errc::denied, ErrorCause::access_denied}},
    Row{"AllAccessDisabled", {Errc::denied, ErrorCause::access_denied}},
    Row{"AccountProblem", {Errc::denied, ErrorCause::access_denied}},
    Row{"AuthorizationError", {Errc::denied, ErrorCause::access_denied}},
    Row{"AuthorizationErrorException", {Errc::denied, ErrorCause::access_denied}},
    Row{"NotAuthorized", {Errc::denied, ErrorCause::access_denied}},
    Row{"UnauthorizedOperation", {Errc::denied, ErrorCause::access_denied}},
    Row{"UnauthorizedAccess", {Errc::denied, ErrorCause::access_denied}},
    Row{"InvalidObjectState",
        {Errc::denied, ErrorCause::archived, "restore the object from its archive first"}},
    Row{"ExpiredToken", {Errc::denied, kCredentials, kExpired}},
    Row{"ExpiredTokenException", {Errc::denied, kCredentials, kExpired}},
    Row{"TokenRefreshRequired", {Errc::denied, kCredentials, kExpired}},
    Row{"InvalidAccessKeyId", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"InvalidClientTokenId", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"UnrecognizedClientException", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"SignatureDoesNotMatch", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"InvalidSignatureException", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"IncompleteSignature", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"InvalidToken", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"InvalidSecurity", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"MissingAuthenticationToken", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"MissingAuthenticationTokenException", {Errc::denied, kCredentials, kCheckKeys}},
    Row{"NotSignedUp", {Errc::denied, kCredentials, "sign this account up for the service"}},
    Row{"OptInRequired",
        {Errc::denied, kCredentials, "enable the region or service for this account"}},
    Row{"RequestTimeTooSkewed", {Errc::denied, ErrorCause::clock_skew, kSetClock}},
    Row{"RequestExpired", {Errc::denied, ErrorCause::clock_skew, kSetClock}},
    Row{"RequestInTheFuture", {Errc::denied, ErrorCause::clock_skew, kSetClock}},
    Row{"AuthFailure", {Errc::denied, kCredentials, kCheckKeys}},

    Row{"NotFound", {Errc::not_found}},
    Row{"NotFoundException", {Errc::not_found}},
    Row{"ResourceNotFound", {Errc::not_found}},
    Row{"ResourceNotFoundException", {Errc::not_found}},
    Row{"QueueDoesNotExist", {Errc::not_found}},
    Row{"AWS.SimpleQueueService.NonExistentQueue", {Errc::not_found}},
    Row{"NonExistentQueue", {Errc::not_found}},
    Row{"DeleteMarker", {Errc::not_found}},

    Row{"PreconditionFailed", {Errc::changed}},
    Row{"ConditionalRequestConflict", {Errc::changed}},
    Row{"ReceiptHandleIsInvalid", {Errc::changed}},
    Row{"MessageNotInflight", {Errc::changed}},
    Row{"AWS.SimpleQueueService.MessageNotInflight", {Errc::changed}},

    Row{"SlowDown", {Errc::throttled}},
    Row{"SlowDownRead", {Errc::throttled}},
    Row{"SlowDownWrite", {Errc::throttled}},
    Row{"RequestLimitExceeded", {Errc::throttled}},
    Row{"BandwidthLimitExceeded", {Errc::throttled}},
    Row{"LimitExceededException", {Errc::throttled}},
    Row{"RequestThrottled", {Errc::throttled}},
    Row{"RequestThrottledException", {Errc::throttled}},
    Row{"TooManyRequestsException", {Errc::throttled}},
    Row{"ProvisionedThroughputExceededException", {Errc::throttled}},
    Row{"PriorRequestNotComplete", {Errc::throttled}},
    Row{"OverLimit", {Errc::throttled}},

    Row{"RequestTimeout", {Errc::unavailable}},
    Row{"RequestTimeoutException", {Errc::unavailable}},
    Row{"InternalError", {Errc::unavailable}},
    Row{"InternalFailure", {Errc::unavailable}},
    Row{"InternalServerError", {Errc::unavailable}},
    Row{"InternalServiceError", {Errc::unavailable}},
    Row{"ServiceUnavailable", {Errc::unavailable}},
    Row{"ServiceUnavailableException", {Errc::unavailable}},
    Row{"ServiceFailure", {Errc::unavailable}},
    Row{"OperationAborted",
        {Errc::unavailable}},  // Another change of the same bucket is under way.
    Row{"OperationAbortedException", {Errc::unavailable}},
    Row{"IDPCommunicationError", {Errc::unavailable}},
};

// What a service says of a call that can never succeed. Whatever is not on this list is tried
// again.
constexpr std::array<std::string_view, 70> kRefusals{
    // S3
    "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "BucketNotEmpty", "EntityTooLarge",
    "EntityTooSmall", "IllegalLocationConstraintException",
    "IllegalVersioningConfigurationException", "InvalidArgument", "InvalidBucketName",
    "InvalidBucketState", "InvalidDigest", "InvalidEncryptionAlgorithmError",
    "InvalidLocationConstraint", "InvalidPart", "InvalidPartOrder", "InvalidPolicyDocument",
    "InvalidRange", "InvalidRequest", "InvalidStorageClass", "InvalidTag",
    "InvalidTargetBucketForLogging", "InvalidURI", "KeyTooLongError", "MalformedACLError",
    "MalformedPolicy", "MalformedXML", "MaxMessageLengthExceeded", "MetadataTooLarge",
    "MethodNotAllowed", "MissingSecurityHeader", "NotImplemented", "RestoreAlreadyInProgress",
    "TooManyBuckets", "TooManyParts", "UnexpectedContent", "UnsupportedArgument",
    // SQS, SNS, EventBridge, Logs, STS, Storage Gateway
    "AWS.SimpleQueueService.BatchRequestTooLong", "AWS.SimpleQueueService.EmptyBatchRequest",
    "AWS.SimpleQueueService.InvalidBatchEntryId",
    "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "AWS.SimpleQueueService.UnsupportedOperation", "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong", "EmptyBatchRequest", "FilterPolicyLimitExceeded", "InvalidAction",
    "InvalidAddress", "InvalidAttributeName", "InvalidAttributeValue", "InvalidBatchEntryId",
    "InvalidEventPatternException", "InvalidGatewayRequestException", "InvalidIdentityToken",
    "InvalidMessageContents", "InvalidParameter", "InvalidParameterException",
    "InvalidParameterValue", "InvalidSecurityToken", "MalformedPolicyDocument",
    "ManagedRuleException", "MissingParameter", "PackedPolicyTooLarge", "ParameterValueInvalid",
    "QueueNameExists", "ResourceAlreadyExistsException", "SubscriptionLimitExceeded",
    "TooManyEntriesInBatchRequest", "UnsupportedOperation", "ValidationError",
    "ValidationException"};

constexpr std::string_view kSomethingElseAnswered =
    "this is no answer of the service: a proxy, a load balancer or the sign-in page of a network "
    "answered in its place";

// KMS names its errors differently through every service: "KMS.DisabledException" (S3),
// "KmsDisabled" (SQS), "KMSDisabled" (SNS).
bool is_kms(std::string_view code) { return lower(code).starts_with("kms"); }

bool is_throttling(std::string_view code) { return code.find("Throttl") != std::string_view::npos; }

// That KMS is in trouble itself: "KMS.DependencyTimeoutException", "KMSInternalException".
bool is_kms_away(std::string_view code, int status) {
  const auto names = [&](std::string_view what) {
    return code.find(what) != std::string_view::npos;
  };
  return status >= 500 || names("Internal") || names("Timeout") || names("Unavailable");
}

std::optional<Meaning> by_code(int status, const RemoteError& remote) {
  const std::string_view code = remote.code;
  if (code.empty()) return std::nullopt;
  if (is_throttling(code)) return Meaning{Errc::throttled};
  if (is_kms(code) || code.find(".Kms") != std::string_view::npos) {
    if (is_kms_away(code, status)) return Meaning{Errc::unavailable};
    return Meaning{Errc::denied, ErrorCause::kms, kKms};
  }
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&](const Row& candidate) { return candidate.remote == code; });
  if (row != kRows.end()) return row->meaning;
  if (std::find(kRefusals.begin(), kRefusals.end(), code) != kRefusals.end()) {
    return Meaning{Errc::invalid};
  }
  if (code.starts_with("NoSuch")) return Meaning{Errc::not_found};
  return std::nullopt;
}

// What a status says for itself. It has to be the service that says it: "gone", "changed" and
// "denied" end the way of an object, and anything between us and the service may say them, too.
Meaning by_status(const AwsCall& call, int status, const RemoteError& remote) {
  if (remote.is_foreign)
    return {Errc::unavailable, ErrorCause::unspecified, kSomethingElseAnswered};
  // An answer to HEAD has no body, and some stores name no request.
  if (remote.is_signed() || call.method == "HEAD") {
    if (status == 401 || status == 403) return {Errc::denied, ErrorCause::access_denied};
    if (status == 404 || status == 410) return {Errc::not_found};
    if (status == 412) return {Errc::changed};
  }
  // The reason would be in the body. Who asked finds it out (s3_head).
  if (status == 400 && call.method == "HEAD") return {Errc::invalid};
  if (status == 429) return {Errc::throttled};
  // S3's SlowDown has no body when it answers HEAD.
  if (status == 503 && call.service == AwsService::s3) return {Errc::throttled};
  return {Errc::unavailable};
}

// S3 says InvalidRequest for many things; only the text tells a missing customer key apart.
bool wants_customer_key(const RemoteError& remote) {
  if (remote.code != "InvalidRequest" && remote.code != "InvalidArgument") return false;
  const std::string text = lower(remote.message);
  return text.find("server side encryption") != std::string::npos &&
         (text.find("correct parameters must be provided") != std::string::npos ||
          text.find("customer") != std::string::npos);
}

Meaning meaning_of(const AwsCall& call, int status, const RemoteError& remote) {
  if (wants_customer_key(remote)) {
    return {Errc::denied, ErrorCause::sse_c,
            "the object is encrypted with a key that only its owner has"};
  }
  Meaning meaning = by_code(status, remote).value_or(by_status(call, status, remote));
  // The role may read the object but not use its key.
  if (meaning.cause == ErrorCause::access_denied &&
      remote.message.find("kms:") != std::string::npos) {
    return {Errc::denied, ErrorCause::kms, kKms};
  }
  return meaning;
}

std::string advice_for(const AwsCall& call, const Meaning& meaning) {
  if (meaning.cause != ErrorCause::access_denied) return std::string(meaning.advice);
  std::string text = "needs permission " + permissions_for(call) + " on " + resource_of(call);
  if (call.operation == "GetObject" || call.operation == "HeadObject") {
    text += ", and s3:ListBucket on the bucket, without which a missing object looks the same";
  }
  return text;
}

struct Permission {
  std::string_view operation;
  std::string_view plain;
  std::string_view versioned;  ///< When the call names a version; the same when empty.
};

// Where the action is not "s3:" + operation.
constexpr std::array kS3Permissions = {
    Permission{"GetObject", "s3:GetObject", "s3:GetObjectVersion"},
    Permission{"HeadObject", "s3:GetObject", "s3:GetObjectVersion"},
    Permission{"GetObjectAttributes", "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"},
    Permission{"GetObjectTagging", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"},
    Permission{"PutObjectTagging", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"},
    Permission{"DeleteObjectTagging", "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"},
    Permission{"DeleteObject", "s3:DeleteObject", "s3:DeleteObjectVersion"},
    Permission{"DeleteObjects", "s3:DeleteObject (and s3:DeleteObjectVersion)", ""},
    Permission{"CopyObject",
               "s3:PutObject and s3:PutObjectTagging (and to read the source: s3:GetObject, "
               "s3:GetObjectVersion, s3:GetObjectTagging, s3:GetObjectVersionTagging)",
               ""},
    Permission{"UploadPartCopy",
               "s3:PutObject (and to read the source: s3:GetObject, s3:GetObjectVersion)", ""},
    Permission{"CreateMultipartUpload", "s3:PutObject and s3:PutObjectTagging", ""},
    Permission{"UploadPart", "s3:PutObject", ""},
    Permission{"CompleteMultipartUpload", "s3:PutObject", ""},
    Permission{"ListParts", "s3:ListMultipartUploadParts", ""},
    Permission{"ListMultipartUploads", "s3:ListBucketMultipartUploads", ""},
    Permission{"HeadBucket", "s3:ListBucket", ""},
    Permission{"ListObjects", "s3:ListBucket", ""},
    Permission{"ListObjectsV2", "s3:ListBucket", ""},
    Permission{"ListObjectVersions", "s3:ListBucketVersions", ""},
    Permission{"ListBuckets", "s3:ListAllMyBuckets", ""},
    Permission{"GetBucketNotificationConfiguration", "s3:GetBucketNotification", ""},
    Permission{"PutBucketNotificationConfiguration", "s3:PutBucketNotification", ""},
    Permission{"GetBucketEncryption", "s3:GetEncryptionConfiguration", ""},
    Permission{"PutBucketEncryption", "s3:PutEncryptionConfiguration", ""},
    Permission{"GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", ""},
    Permission{"PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", ""},
    Permission{"GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration", ""},
    Permission{"PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration", ""},
};

}  // namespace

std::string_view iam_prefix(AwsService service) {
  switch (service) {
    case AwsService::s3:
      return "s3";
    case AwsService::sqs:
      return "sqs";
    case AwsService::sns:
      return "sns";
    case AwsService::logs:
      return "logs";
    case AwsService::events:
      return "events";
    case AwsService::sts:
      return "sts";
    case AwsService::storagegateway:
      return "storagegateway";
  }
  return "";
}

std::string permissions_for(const AwsCall& call) {
  if (call.service == AwsService::s3) {
    const bool versioned = std::any_of(call.query.begin(), call.query.end(),
                                       [](const auto& pair) { return pair.first == "versionId"; });
    for (const Permission& row : kS3Permissions) {
      if (row.operation != call.operation) continue;
      return std::string(versioned && !row.versioned.empty() ? row.versioned : row.plain);
    }
  }
  // A batch needs the right of its single form: sqs:DeleteMessage for DeleteMessageBatch.
  std::string_view action = call.operation;
  if (action.ends_with("Batch") && action != "PutEventsBatch") action.remove_suffix(5);
  return std::string(iam_prefix(call.service)) + ":" + std::string(action);
}

bool is_clock_skew(const RemoteError& remote) {
  constexpr std::array<std::string_view, 3> kCodes = {"RequestTimeTooSkewed", "RequestExpired",
                                                      "RequestInTheFuture"};
  if (std::find(kCodes.begin(), kCodes.end(), remote.code) != kCodes.end()) return true;
  // The services beside S3 say it in the text of a signature error.
  if (remote.code != "SignatureDoesNotMatch" && remote.code != "InvalidSignatureException") {
    return false;
  }
  return remote.message.find("Signature expired") != std::string::npos ||
         remote.message.find("Signature not yet current") != std::string::npos;
}

bool is_expired_token(const RemoteError& remote) {
  return remote.code == "ExpiredToken" || remote.code == "ExpiredTokenException" ||
         remote.code == "TokenRefreshRequired";
}

Error service_error(const AwsCall& call, int status, const RemoteError& remote) {
  Meaning meaning = meaning_of(call, status, remote);
  if (is_clock_skew(remote)) meaning = {Errc::denied, ErrorCause::clock_skew, kSetClock};
  std::string what = call.operation + " " + resource_of(call) + ": ";
  what += remote.code.empty() ? "no error code" : remote.code;
  what += " (HTTP " + std::to_string(status);
  if (!remote.request_id.empty()) what += ", request " + remote.request_id;
  what += ")";
  if (!remote.message.empty()) what += ": " + remote.message;
  if (const std::string advice = advice_for(call, meaning); !advice.empty()) what += "; " + advice;
  return Error{meaning.code, std::move(what), meaning.cause, remote.code};
}

}  // namespace cordon
