#include "aws/s3_admin.h"

#include "aws/s3_admin_xml.h"
#include "aws/s3_bucket_list.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr const char* kBlocksBegin =
    "<PublicAccessBlockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    "<BlockPublicAcls>";
constexpr const char* kBlocksEnd =
    "</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"
    "<BlockPublicPolicy>true</BlockPublicPolicy>"
    "<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
constexpr const char* kTriedPath = "/cordon-is-it-writable";
constexpr const char* kOwnerEnforced =
    "<OwnershipControls xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>"
    "<ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";
constexpr const char* kVersioned =
    "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    "<Status>Enabled</Status></VersioningConfiguration>";
constexpr const char* kEncrypted =
    "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Rule>"
    "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";

bool is_unknown_to_server(const Error& error) {
  return error.remote_code == "NotImplemented" || error.remote_code == "MethodNotAllowed";
}

// A server that overlooks what is asked: it takes a question for one after the bucket's contents,
// and an answer for the making of a bucket.
bool is_listing(std::string_view xml) { return xml.find("<ListBucketResult") < 200; }
bool is_overlooked(const Error& error) { return error.remote_code == "InvalidArgument"; }

std::string public_block(bool blocks_lists) {
  return std::string(kBlocksBegin) + (blocks_lists ? "true" : "false") + kBlocksEnd;
}

}  // namespace

AwsCall S3Admin::call_for(const char* operation, const char* method,
                          const BucketName& bucket) const {
  return AwsCall{
      .service = AwsService::s3, .operation = operation, .method = method, .bucket = bucket};
}

Result<std::string> S3Admin::get(const char* operation, const char* subresource,
                                 const BucketName& bucket, Deadline deadline,
                                 std::stop_token stop) {
  AwsCall call = call_for(operation, "GET", bucket);
  call.query.emplace_back(subresource, "");
  CORDON_TRY(HttpResponse response, client_.call(call, deadline, std::move(stop)));
  return std::move(response.body);
}

Result<void> S3Admin::put(const char* operation, const char* subresource, const BucketName& bucket,
                          std::string body, Deadline deadline, std::stop_token stop) {
  AwsCall call = call_for(operation, "PUT", bucket);
  call.query.emplace_back(subresource, "");
  call.headers.add("Content-Type", body.starts_with('{') ? "application/json" : "application/xml");
  call.headers.add("Content-MD5", base64(md5(as_bytes_of(body))));
  if (options_.account) call.headers.add("x-amz-expected-bucket-owner", options_.account->str());
  call.body = std::move(body);
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) return response.error();
  return {};
}

// For what S3 has and other servers may not. S3 itself never answers so.
Result<void> S3Admin::put_if_known(const char* operation, const char* subresource,
                                   const BucketName& bucket, std::string body, Deadline deadline,
                                   std::stop_token stop) {
  Result<void> done =
      put(operation, subresource, bucket, std::move(body), deadline, std::move(stop));
  if (done || !is_unknown_to_server(done.error())) return done;
  log_.warn("s3.not_supported", {{"bucket", bucket.str()}, {"operation", operation}});
  return {};
}

Result<std::vector<BucketName>> S3Admin::list(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(std::vector<BucketEntry> entries, list_buckets(client_, deadline, stop));
  std::vector<BucketName> names;
  for (BucketEntry& entry : entries) names.push_back(std::move(entry.name));
  return names;
}

Result<Region> S3Admin::region_of(const BucketName& bucket, Deadline deadline,
                                  std::stop_token stop) {
  // HEAD needs no more than s3:ListBucket and answers from every region.
  const Result<HttpResponse> answer =
      client_.call(call_for("HeadBucket", "HEAD", bucket), deadline, stop);
  if (!answer && answer.error().code == Errc::not_found) {
    return Error{Errc::not_found, "there is no bucket " + utf8_clean(bucket.str(), 64)};
  }
  CORDON_TRY(const HttpResponse head, answer);
  const auto region = head.headers.get("x-amz-bucket-region");
  if (region && !region->empty()) return Region(std::string(*region));
  // S3 always says it there. A store that does not may know no regions at all: then there is but
  // one, and it is ours.
  const Result<std::string> xml =
      get("GetBucketLocation", "location", bucket, deadline, std::move(stop));
  if (!xml && is_unknown_to_server(xml.error())) return client_.region();
  CORDON_TRY(xml);
  CORDON_TRY(const std::optional<Region> told, decode_location(*xml));
  return told.value_or(client_.region());
}

Result<Versioning> S3Admin::versioning(const BucketName& bucket, Deadline deadline,
                                       std::stop_token stop) {
  CORDON_TRY(const std::string xml,
             get("GetBucketVersioning", "versioning", bucket, deadline, std::move(stop)));
  return decode_versioning(xml);
}

Result<BucketNotifications> S3Admin::notifications(const BucketName& bucket, Deadline deadline,
                                                   std::stop_token stop) {
  CORDON_TRY(const std::string xml, get("GetBucketNotificationConfiguration", "notification",
                                        bucket, deadline, std::move(stop)));
  // S3 answers with an empty document when there is nothing; some stores with no document at all. A
  // reply that was cut is not taken for one of those: the client has compared its length.
  if (xml.empty()) return BucketNotifications{};
  return decode_notifications(xml);
}

Result<void> S3Admin::set_notifications(const BucketName& bucket,
                                        const BucketNotifications& configuration, Deadline deadline,
                                        std::stop_token stop) {
  return put("PutBucketNotificationConfiguration", "notification", bucket,
             encode_notifications(configuration), deadline, std::move(stop));
}

Result<void> S3Admin::ensure_private(const PrivateBucket& bucket, Deadline deadline,
                                     std::stop_token stop) {
  const BucketName& name = bucket.name;
  CORDON_TRY(create(name, deadline, stop));
  // Closed before anything else, so that it is never open with something in it.
  CORDON_TRY(block_public_access(bucket, deadline, stop));
  const Result<void> enforced = put_if_known("PutBucketOwnershipControls", "ownershipControls",
                                             name, kOwnerEnforced, deadline, stop);
  if (!enforced && !(bucket.on_any_store && is_overlooked(enforced.error()))) return enforced;
  CORDON_TRY(put("PutBucketVersioning", "versioning", name, kVersioned, deadline, stop));
  CORDON_TRY(encrypt(bucket, deadline, stop));
  return set_lifecycle(bucket, deadline, std::move(stop));
}

// Ceph's gateway takes every object for one with a public access list, and refuses it
// (findings/radosgw_public_access_block_refuses_every_upload.sh). That lists count for nothing is
// enough there.
Result<void> S3Admin::block_public_access(const PrivateBucket& bucket, Deadline deadline,
                                          std::stop_token stop) {
  const auto put_block = [&](bool blocks_lists) {
    return put_if_known("PutPublicAccessBlock", "publicAccessBlock", bucket.name,
                        public_block(blocks_lists), deadline, stop);
  };
  CORDON_TRY(put_block(true));
  if (!bucket.on_any_store) return {};
  CORDON_TRY(const bool takes_objects, this->takes_objects(bucket.name, deadline, stop));
  if (takes_objects) return {};
  log_.warn("s3.block_keeps_all_out", {{"bucket", bucket.name.str()}});
  return put_block(false);
}

Result<bool> S3Admin::takes_objects(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop) {
  AwsCall write = call_for("PutObject", "PUT", bucket);
  write.path = kTriedPath;
  const Result<HttpResponse> written = client_.call(write, deadline, stop);
  if (!written && written.error().code == Errc::denied) return false;
  CORDON_TRY(written);
  AwsCall removal = call_for("DeleteObject", "DELETE", bucket);
  removal.path = kTriedPath;
  if (const auto version = written->headers.get("x-amz-version-id")) {
    removal.query.emplace_back("versionId", std::string(*version));
  }
  CORDON_TRY(client_.call(removal, deadline, std::move(stop)));
  return true;
}

Result<std::string> S3Admin::policy(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop) {
  AwsCall call = call_for("GetBucketPolicy", "GET", bucket);
  call.query.emplace_back("policy", "");
  if (options_.account) call.headers.add("x-amz-expected-bucket-owner", options_.account->str());
  Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (response) return std::move(response->body);
  const bool is_none = response.error().remote_code == "NoSuchBucketPolicy" ||
                       is_unknown_to_server(response.error());
  if (is_none) return std::string();
  return response.error();
}

Result<void> S3Admin::set_policy(const BucketName& bucket, const std::string& policy,
                                 Deadline deadline, std::stop_token stop) {
  if (!policy.empty()) {
    return put("PutBucketPolicy", "policy", bucket, policy, deadline, std::move(stop));
  }
  AwsCall call = call_for("DeleteBucketPolicy", "DELETE", bucket);
  call.query.emplace_back("policy", "");
  if (options_.account) call.headers.add("x-amz-expected-bucket-owner", options_.account->str());
  const Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response && response.error().remote_code != "NoSuchBucketPolicy") return response.error();
  return {};
}

Result<void> S3Admin::create(const BucketName& bucket, Deadline deadline, std::stop_token stop) {
  AwsCall call = call_for("CreateBucket", "PUT", bucket);
  call.body = encode_create_bucket(client_.region());
  if (!call.body.empty()) call.headers.add("Content-Type", "application/xml");
  // The name says it already; S3 wants to be told all the same.
  if (bucket.str().ends_with("-" + client_.region().str() + "-an")) {
    call.headers.add("x-amz-bucket-namespace", "account-regional");
  }
  Result<HttpResponse> made = client_.call(call, deadline, stop);
  if (!made && made.error().remote_code == "InvalidLocationConstraint") {
    // A server that is no AWS region; S3 never refuses the region that it is asked in.
    call.body.clear();
    call.headers = {};
    made = client_.call(call, deadline, stop);
  }
  if (made || made.error().remote_code == "BucketAlreadyOwnedByYou") return {};
  if (made.error().remote_code != "BucketAlreadyExists") return made.error();
  // Not every server tells "yours" from "somebody's". Only the owner may read its configuration.
  AwsCall head = call_for("HeadBucket", "HEAD", bucket);
  if (options_.account) head.headers.add("x-amz-expected-bucket-owner", options_.account->str());
  if (client_.call(head, deadline, stop)) return {};
  return Error{
      Errc::denied,
      "bucket " + bucket.str() + " exists and belongs to another account: " + made.error().what,
      ErrorCause::access_denied, made.error().remote_code};
}

// A setting that is not there is not as meant; one that the server does not know is.
Result<bool> S3Admin::is_set(const char* operation, const char* subresource,
                             const BucketName& bucket,
                             const std::function<Result<bool>(std::string_view xml)>& is_as_meant,
                             Deadline deadline, std::stop_token stop) {
  const Result<std::string> present =
      get(operation, subresource, bucket, deadline, std::move(stop));
  if (present && is_listing(*present)) return true;
  if (present) return is_as_meant(*present);
  if (is_unknown_to_server(present.error())) return true;
  const std::string& code = present.error().remote_code;
  const bool is_none = code != "NoSuchBucket" && present.error().code == Errc::not_found;
  if (is_none || code == "ServerSideEncryptionConfigurationNotFoundError") return false;
  return present.error();
}

Result<bool> S3Admin::is_encrypted(const BucketName& bucket, Deadline deadline,
                                   std::stop_token stop) {
  return is_set(
      "GetBucketEncryption", "encryption", bucket,
      [](std::string_view) -> Result<bool> { return true; }, deadline, std::move(stop));
}

Result<std::vector<std::string>> S3Admin::private_lacks(const PrivateBucket& bucket,
                                                        Deadline deadline, std::stop_token stop) {
  const BucketName& name = bucket.name;
  std::vector<std::string> lacks;
  const auto is_blocked = [&](std::string_view xml) {
    return decode_public_access_blocked(
        xml, bucket.on_any_store ? PublicBlocks::all_that_count : PublicBlocks::all);
  };
  const auto note = [&](bool is_there, const char* what) {
    if (!is_there) lacks.emplace_back(what);
  };
  CORDON_TRY(const Versioning versions, versioning(name, deadline, stop));
  note(versions == Versioning::on, "versioning");
  CORDON_TRY(const bool blocked,
             is_set("GetPublicAccessBlock", "publicAccessBlock", name, is_blocked, deadline, stop));
  note(blocked, "public access block");
  CORDON_TRY(const bool enforced, is_set("GetBucketOwnershipControls", "ownershipControls", name,
                                         decode_owner_enforced, deadline, stop));
  note(enforced, "owner of objects");
  CORDON_TRY(const bool encrypted, is_encrypted(name, deadline, stop));
  note(encrypted, "encryption");
  CORDON_TRY(const std::string rules, wanted_lifecycle(bucket, deadline, std::move(stop)));
  note(rules.empty(), "lifecycle");
  return lacks;
}

// An encryption that somebody chose (a key of their own, say) is kept.
Result<void> S3Admin::encrypt(const PrivateBucket& bucket, Deadline deadline,
                              std::stop_token stop) {
  CORDON_TRY(const bool is_there, is_encrypted(bucket.name, deadline, stop));
  if (is_there) return {};
  return put_if_known("PutBucketEncryption", "encryption", bucket.name, kEncrypted, deadline,
                      std::move(stop));
}

Result<std::optional<std::uint32_t>> S3Admin::unfinished_upload_days(const BucketName& bucket,
                                                                     Deadline deadline,
                                                                     std::stop_token stop) {
  const Result<std::string> present =
      get("GetBucketLifecycleConfiguration", "lifecycle", bucket, deadline, std::move(stop));
  if (present) return decode_unfinished_upload_days(*present);
  const bool is_none = present.error().remote_code == "NoSuchLifecycleConfiguration" ||
                       is_unknown_to_server(present.error());
  if (is_none) return std::optional<std::uint32_t>();
  return present.error();
}

// Empty: it is as it should be. Rules that somebody added are kept.
Result<std::string> S3Admin::wanted_lifecycle(const PrivateBucket& bucket, Deadline deadline,
                                              std::stop_token stop) {
  Result<std::string> present =
      get("GetBucketLifecycleConfiguration", "lifecycle", bucket.name, deadline, std::move(stop));
  if (!present) {
    if (is_unknown_to_server(present.error())) return std::string();
    const bool is_none = present.error().remote_code == "NoSuchLifecycleConfiguration" ||
                         present.error().code == Errc::not_found;
    if (!is_none) return present.error();
    present = std::string();
  }
  return with_our_rules(*present, bucket.expire_days);
}

Result<void> S3Admin::set_lifecycle(const PrivateBucket& bucket, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const std::string wanted, wanted_lifecycle(bucket, deadline, stop));
  if (wanted.empty()) return {};
  return put_if_known("PutBucketLifecycleConfiguration", "lifecycle", bucket.name, wanted, deadline,
                      std::move(stop));
}

}  // namespace cordon
