// Which operation a request is. The order of the table matters: the first row that fits is taken.

#include <algorithm>
#include <array>

#include "base/text.h"
#include "devcloud/s3/s3.h"

namespace cordon::cloud {
namespace {

using On = S3Operation::On;
using S3 = S3Service;

constexpr std::size_t kKeyBytesMax = 1024;

constexpr S3Operation kOperations[] = {
    {"GET", On::service, "", "", "ListBuckets", "s3:ListAllMyBuckets", &S3::list_buckets},

    {"GET", On::bucket, "location", "", "GetBucketLocation", "s3:GetBucketLocation",
     &S3::get_location},
    {"GET", On::bucket, "versioning", "", "GetBucketVersioning", "s3:GetBucketVersioning",
     &S3::get_versioning},
    {"PUT", On::bucket, "versioning", "", "PutBucketVersioning", "s3:PutBucketVersioning",
     &S3::put_versioning},
    {"GET", On::bucket, "policy", "", "GetBucketPolicy", "s3:GetBucketPolicy", &S3::get_policy},
    {"PUT", On::bucket, "policy", "", "PutBucketPolicy", "s3:PutBucketPolicy", &S3::put_policy},
    {"DELETE", On::bucket, "policy", "", "DeleteBucketPolicy", "s3:DeleteBucketPolicy",
     &S3::delete_policy},
    {"GET", On::bucket, "policyStatus", "", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus",
     &S3::get_policy_status},
    {"GET", On::bucket, "notification", "", "GetBucketNotificationConfiguration",
     "s3:GetBucketNotification", &S3::get_notifications},
    {"PUT", On::bucket, "notification", "", "PutBucketNotificationConfiguration",
     "s3:PutBucketNotification", &S3::put_notifications},
    {"GET", On::bucket, "acl", "", "GetBucketAcl", "s3:GetBucketAcl", &S3::get_acl},
    {"PUT", On::bucket, "acl", "", "PutBucketAcl", "s3:PutBucketAcl", &S3::put_acl},
    {"GET", On::bucket, "tagging", "", "GetBucketTagging", "s3:GetBucketTagging", &S3::get_setting},
    {"PUT", On::bucket, "tagging", "", "PutBucketTagging", "s3:PutBucketTagging", &S3::put_setting},
    {"DELETE", On::bucket, "tagging", "", "DeleteBucketTagging", "s3:PutBucketTagging",
     &S3::delete_setting},
    {"GET", On::bucket, "encryption", "", "GetBucketEncryption", "s3:GetEncryptionConfiguration",
     &S3::get_setting},
    {"PUT", On::bucket, "encryption", "", "PutBucketEncryption", "s3:PutEncryptionConfiguration",
     &S3::put_setting},
    {"DELETE", On::bucket, "encryption", "", "DeleteBucketEncryption",
     "s3:PutEncryptionConfiguration", &S3::delete_setting},
    {"GET", On::bucket, "lifecycle", "", "GetBucketLifecycleConfiguration",
     "s3:GetLifecycleConfiguration", &S3::get_setting},
    {"PUT", On::bucket, "lifecycle", "", "PutBucketLifecycleConfiguration",
     "s3:PutLifecycleConfiguration", &S3::put_setting},
    {"DELETE", On::bucket, "lifecycle", "", "DeleteBucketLifecycle", "s3:PutLifecycleConfiguration",
     &S3::delete_setting},
    {"GET", On::bucket, "publicAccessBlock", "", "GetPublicAccessBlock",
     "s3:GetBucketPublicAccessBlock", &S3::get_setting},
    {"PUT", On::bucket, "publicAccessBlock", "", "PutPublicAccessBlock",
     "s3:PutBucketPublicAccessBlock", &S3::put_setting},
    {"DELETE", On::bucket, "publicAccessBlock", "", "DeletePublicAccessBlock",
     "s3:PutBucketPublicAccessBlock", &S3::delete_setting},
    {"GET", On::bucket, "ownershipControls", "", "GetBucketOwnershipControls",
     "s3:GetBucketOwnershipControls", &S3::get_setting},
    {"PUT", On::bucket, "ownershipControls", "", "PutBucketOwnershipControls",
     "s3:PutBucketOwnershipControls", &S3::put_setting},
    {"DELETE", On::bucket, "ownershipControls", "", "DeleteBucketOwnershipControls",
     "s3:PutBucketOwnershipControls", &S3::delete_setting},
    {"GET", On::bucket, "cors", "", "GetBucketCors", "s3:GetBucketCORS", &S3::get_setting},
    {"PUT", On::bucket, "cors", "", "PutBucketCors", "s3:PutBucketCORS", &S3::put_setting},
    {"DELETE", On::bucket, "cors", "", "DeleteBucketCors", "s3:PutBucketCORS", &S3::delete_setting},
    {"GET", On::bucket, "logging", "", "GetBucketLogging", "s3:GetBucketLogging", &S3::get_setting},
    {"PUT", On::bucket, "logging", "", "PutBucketLogging", "s3:PutBucketLogging", &S3::put_setting},
    {"GET", On::bucket, "accelerate", "", "GetBucketAccelerateConfiguration",
     "s3:GetAccelerateConfiguration", &S3::get_setting},
    {"GET", On::bucket, "requestPayment", "", "GetBucketRequestPayment",
     "s3:GetBucketRequestPayment", &S3::get_setting},
    {"GET", On::bucket, "replication", "", "GetBucketReplication", "s3:GetReplicationConfiguration",
     &S3::get_setting},
    {"GET", On::bucket, "website", "", "GetBucketWebsite", "s3:GetBucketWebsite", &S3::get_setting},
    {"GET", On::bucket, "object-lock", "", "GetObjectLockConfiguration",
     "s3:GetBucketObjectLockConfiguration", &S3::get_setting},
    {"PUT", On::bucket, "object-lock", "", "PutObjectLockConfiguration",
     "s3:PutBucketObjectLockConfiguration", &S3::put_setting},
    {"GET", On::bucket, "versions", "", "ListObjectVersions", "s3:ListBucketVersions",
     &S3::list_versions},
    {"GET", On::bucket, "uploads", "", "ListMultipartUploads", "s3:ListBucketMultipartUploads",
     &S3::list_uploads},
    {"GET", On::bucket, "list-type", "", "ListObjectsV2", "s3:ListBucket", &S3::list_objects_v2},
    {"GET", On::bucket, "", "", "ListObjects", "s3:ListBucket", &S3::list_objects},
    {"HEAD", On::bucket, "", "", "HeadBucket", "s3:ListBucket", &S3::head_bucket},
    {"PUT", On::bucket, "", "", "CreateBucket", "s3:CreateBucket", &S3::create_bucket},
    {"DELETE", On::bucket, "", "", "DeleteBucket", "s3:DeleteBucket", &S3::delete_bucket},
    {"POST", On::bucket, "delete", "", "DeleteObjects", "", &S3::delete_objects},

    {"GET", On::object, "tagging", "", "GetObjectTagging", "s3:GetObjectTagging", &S3::get_tagging},
    {"PUT", On::object, "tagging", "", "PutObjectTagging", "s3:PutObjectTagging", &S3::put_tagging},
    {"DELETE", On::object, "tagging", "", "DeleteObjectTagging", "s3:DeleteObjectTagging",
     &S3::delete_tagging},
    {"GET", On::object, "legal-hold", "", "GetObjectLegalHold", "s3:GetObjectLegalHold",
     &S3::get_legal_hold},
    {"PUT", On::object, "legal-hold", "", "PutObjectLegalHold", "s3:PutObjectLegalHold",
     &S3::put_legal_hold},
    {"GET", On::object, "retention", "", "GetObjectRetention", "s3:GetObjectRetention",
     &S3::get_retention},
    {"PUT", On::object, "retention", "", "PutObjectRetention", "s3:PutObjectRetention",
     &S3::put_retention},
    {"GET", On::object, "acl", "", "GetObjectAcl", "s3:GetObjectAcl", &S3::get_acl},
    {"PUT", On::object, "acl", "", "PutObjectAcl", "s3:PutObjectAcl", &S3::put_acl},
    {"GET", On::object, "attributes", "", "GetObjectAttributes", "s3:GetObject",
     &S3::get_object_attributes},
    {"POST", On::object, "uploads", "", "CreateMultipartUpload", "s3:PutObject",
     &S3::create_upload},
    {"PUT", On::object, "partNumber", "x-amz-copy-source", "UploadPartCopy", "s3:PutObject",
     &S3::upload_part_copy},
    {"PUT", On::object, "partNumber", "", "UploadPart", "s3:PutObject", &S3::upload_part},
    {"POST", On::object, "uploadId", "", "CompleteMultipartUpload", "s3:PutObject",
     &S3::complete_upload},
    {"DELETE", On::object, "uploadId", "", "AbortMultipartUpload", "s3:AbortMultipartUpload",
     &S3::abort_upload},
    {"GET", On::object, "uploadId", "", "ListParts", "s3:ListMultipartUploadParts",
     &S3::list_parts},
    {"GET", On::object, "", "", "GetObject", "s3:GetObject", &S3::get_object},
    {"HEAD", On::object, "", "", "HeadObject", "s3:GetObject", &S3::get_object},
    {"PUT", On::object, "", "x-amz-copy-source", "CopyObject", "s3:PutObject", &S3::copy_object},
    {"PUT", On::object, "", "", "PutObject", "s3:PutObject", &S3::put_object},
    {"DELETE", On::object, "", "", "DeleteObject", "s3:DeleteObject", &S3::delete_object},
};

// What only says more about an operation. Every other name asks for something else than the plain
// operation: S3 has new ones every year, and a PUT that is taken for PutObject destroys data.
constexpr std::array kModifiers{
    "bucket-region",    "continuation-token", "delimiter", "encoding-type",
    "fetch-owner",      "key-marker",         "list-type", "marker",
    "max-buckets",      "max-keys",           "max-parts", "max-uploads",
    "partNumber",       "part-number-marker", "prefix",    "start-after",
    "upload-id-marker", "version-id-marker",  "versionId"};

// Names of one's own begin with "x-" (S3 passes over them), and "X-Amz-" those of a signed address.
bool belongs_to(const S3Operation& operation, std::string_view name) {
  return name == operation.param || (name == "uploadId" && operation.param == "partNumber") ||
         lower(name.substr(0, 2)) == "x-" || name.starts_with("response-") ||
         std::find(kModifiers.begin(), kModifiers.end(), name) != kModifiers.end();
}

// The bucket in a virtual-host name: "b.s3.eu-west-1.amazonaws.com", "b.s3.localhost",
// "b.localhost".
std::string bucket_of_host(std::string_view host) {
  host = host.substr(0, host.rfind(':') == std::string_view::npos || host.ends_with(']')
                            ? host.size()
                            : host.rfind(':'));
  for (const std::string_view mark : {".s3.", ".s3-"}) {
    const std::size_t at = host.find(mark);
    if (at != std::string_view::npos) return std::string(host.substr(0, at));
  }
  if (host.starts_with("s3.") || host.starts_with("s3-")) return {};
  if (host.ends_with(".localhost")) return std::string(host.substr(0, host.size() - 10));
  return {};
}

AwsError not_here(std::string_view method, std::string_view parameter) {
  return {501, "NotImplemented",
          "The stand-in does not have this operation: " + std::string(method) + " ?" +
              utf8_clean(parameter, 64)};
}

bool fits(const S3Operation& row, On on, const ServerRequest& request,
          const RequestTarget& target) {
  return row.on == on && row.method == request.method &&
         (row.param.empty() || target.has(row.param)) &&
         (row.header.empty() || request.headers.has(row.header));
}

}  // namespace

bool S3Service::takes_bytes(const S3Operation& operation) {
  return operation.name == "PutObject" || operation.name == "UploadPart";
}

Answer<S3Address> S3Service::address(const ServerRequest& request,
                                     const RequestTarget& target) const {
  S3Address out;
  std::string_view path = target.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  out.bucket = bucket_of_host(request.headers.get("host").value_or(""));
  if (out.bucket.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    out.bucket = percent_decode(path.substr(0, slash)).value_or("");
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  // Decoded once and never tidied up: "a//../b" is a name, not a path.
  const Result<std::string> key = percent_decode(path);
  if (!key || !is_utf8(*key)) {
    return AwsError{400, "InvalidURI", "Couldn't parse the specified URI."};
  }
  out.key = *key;
  if (out.key.size() > kKeyBytesMax) {
    return AwsError{400,
                    "KeyTooLongError",
                    "Your key is too long",
                    {{"Size", std::to_string(out.key.size())},
                     {"MaxSizeAllowed", std::to_string(kKeyBytesMax)}}};
  }
  const On on = out.bucket.empty() ? On::service : out.key.empty() ? On::bucket : On::object;
  const auto row = std::find_if(std::begin(kOperations), std::end(kOperations),
                                [&](const auto& r) { return fits(r, on, request, target); });
  if (row == std::end(kOperations)) {
    if (!target.query.empty()) return not_here(request.method, target.query.front().first);
    return AwsError{405, "MethodNotAllowed",
                    "The specified method is not allowed against this resource."};
  }
  const auto foreign =
      std::find_if(target.query.begin(), target.query.end(),
                   [&](const auto& parameter) { return !belongs_to(*row, parameter.first); });
  if (foreign != target.query.end()) return not_here(request.method, foreign->first);
  out.operation = row;
  return out;
}

}  // namespace cordon::cloud
