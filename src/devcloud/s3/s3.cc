#include "devcloud/s3/s3.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "core/partition.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::array kSystemHeaders{"Content-Type",
                                    "Cache-Control",
                                    "Content-Disposition",
                                    "Content-Encoding",
                                    "Content-Language",
                                    "Expires",
                                    "x-amz-website-redirect-location"};
constexpr std::array kStorageClasses{
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
    "GLACIER",  "DEEP_ARCHIVE",       "GLACIER_IR",  "OUTPOSTS",   "EXPRESS_ONEZONE"};
constexpr std::size_t kMetadataBytesMax = 2048;
constexpr std::size_t kTagsOfObjectMax = 10;

// What the bucket says about uploads that say nothing.
void default_encryption(Bucket& bucket, std::string& algorithm, std::string& key) {
  std::string text;
  {
    std::lock_guard lock(bucket.mutex);
    const auto at = bucket.documents.find("encryption");
    if (at != bucket.documents.end()) text = at->second;
  }
  pugi::xml_document document;
  if (text.empty() || !parse_xml(text, "ServerSideEncryptionConfiguration", document)) return;
  const pugi::xml_node rule =
      document.document_element().child("Rule").child("ApplyServerSideEncryptionByDefault");
  algorithm = rule.child_value("SSEAlgorithm");
  key = rule.child_value("KMSMasterKeyID");
}

Answer<void> describe_encryption(const S3Call& s3, ObjectVersion& object) {
  std::string algorithm = s3.header("x-amz-server-side-encryption");
  if (!algorithm.empty() && algorithm != "AES256" && algorithm != "aws:kms" &&
      algorithm != "aws:kms:dsse") {
    return AwsError{400, "InvalidArgument",
                    "The encryption request you specified is not valid. Supported value: AES256."};
  }
  std::string key = s3.header("x-amz-server-side-encryption-aws-kms-key-id");
  const bool has_customer_key =
      !s3.header("x-amz-server-side-encryption-customer-algorithm").empty();
  if (algorithm.empty() && !has_customer_key) default_encryption(*s3.bucket, algorithm, key);
  if (algorithm.starts_with("aws:kms")) object.kms_key = key.empty() ? kKmsKeyOfS3 : key;
  if (!has_customer_key) return {};
  object.customer_key_md5 = s3.header("x-amz-server-side-encryption-customer-key-md5");
  if (object.customer_key_md5.empty()) {
    return AwsError{400, "InvalidArgument",
                    "Requests specifying Server Side Encryption with Customer provided keys must "
                    "provide the client calculated MD5 of the secret key."};
  }
  return {};
}

Answer<void> describe_lock(const S3Call& s3, ObjectVersion& object) {
  object.legal_hold = s3.header("x-amz-object-lock-legal-hold") == "ON";
  object.retention_mode = s3.header("x-amz-object-lock-mode");
  const std::string until = s3.header("x-amz-object-lock-retain-until-date");
  if (!object.legal_hold && object.retention_mode.empty() && until.empty()) return {};
  if (!s3.bucket->object_lock) {
    return AwsError{400, "InvalidRequest", "Bucket is missing Object Lock Configuration"};
  }
  if (object.retention_mode.empty() && until.empty()) return {};
  const Result<SystemTime> time = parse_rfc3339(until);
  if (!time || (object.retention_mode != "GOVERNANCE" && object.retention_mode != "COMPLIANCE")) {
    return AwsError{400, "InvalidArgument", "Unknown wormMode directive or invalid date."};
  }
  object.retain_until = *time;
  return {};
}

// "aws-chunked" is how the bytes travelled and no property of the object.
std::string without_aws_chunked(std::string_view encodings) {
  std::string out;
  while (!encodings.empty()) {
    const std::size_t comma = std::min(encodings.find(','), encodings.size());
    const std::string_view one = trim(encodings.substr(0, comma));
    encodings.remove_prefix(std::min(comma + 1, encodings.size()));
    if (one == "aws-chunked" || one.empty()) continue;
    if (!out.empty()) out += ",";
    out += one;
  }
  return out;
}

void stamp(const S3Call& s3, const Basics& basics, ServerResponse& response) {
  response.headers.set("x-amz-request-id", s3.call.request_id);
  response.headers.set("x-amz-id-2", s3.host_id);
  response.headers.set("Date", http_date(basics.clock.system_now()));
  response.headers.set("Server", "AmazonS3");
}

}  // namespace

Version find_version(const Bucket& bucket, const std::string& key, std::string_view id) {
  const auto at = bucket.objects.find(key);
  if (at == bucket.objects.end()) return nullptr;
  if (id.empty()) return at->second.back();
  for (const Version& version : at->second) {
    if (version->id == id) return version;
  }
  return nullptr;
}

S3Service::S3Service(const Basics& basics, AccessJudge& judge, SqsService& queues,
                     SnsService& topics, EventsService& events)
    : basics_(basics), judge_(judge), queues_(queues), topics_(topics), events_(events) {}

std::string S3Service::owner_id() const { return hex(sha256("owner " + basics_.account)); }

ServerResponse S3Service::handle(const Call& call, std::shared_ptr<S3Upload> upload) {
  S3Call s3{call, {}, nullptr, std::move(upload), make_token(basics_.random, 56)};
  const auto run = [&]() -> Reply {
    CORDON_TRY(s3.address, address(call.request, call.target));
    if (s3.address.operation->on != S3Operation::On::service &&
        s3.address.operation->name != "CreateBucket") {
      CORDON_TRY(s3.bucket, open_bucket(call, s3.address));
    } else if (call.identity.anonymous()) {
      return AwsError{403, "AccessDenied", "Access Denied"};
    }
    if (!takes_bytes(*s3.address.operation)) CORDON_TRY(check_body_digests(s3));
    return (this->*s3.address.operation->run)(s3);
  };
  Reply reply = run();
  ServerResponse response = reply ? std::move(*reply)
                                  : error_response(reply.error(), call.request.method,
                                                   call.target.path, call.request_id, s3.host_id);
  stamp(s3, basics_, response);
  return response;
}

ServerResponse S3Service::error_response(const AwsError& error, const std::string& method,
                                         const std::string& resource, const std::string& request_id,
                                         const std::string& host_id) {
  ServerResponse response{.status = error.status, .headers = error.headers};
  response.headers.set("x-amz-request-id", request_id);
  response.headers.set("x-amz-id-2", host_id);
  if (error.status == 304) return response;
  response.headers.set("Content-Type", "application/xml");
  XmlWriter xml;
  xml.open("Error").text("Code", error.code).text("Message", error.message);
  for (const auto& [name, value] : error.details) xml.text(name, value);
  xml.text("Resource", resource).text("RequestId", request_id).text("HostId", host_id);
  if (method != "HEAD") response.body = xml.close("Error").take();
  return response;
}

BucketPtr S3Service::find_bucket(const std::string& name) const {
  std::shared_lock lock(mutex_);
  const auto at = buckets_.find(name);
  return at == buckets_.end() ? nullptr : at->second;
}

Answer<void> S3Service::check_expected_owner(const Call& call, const Bucket& bucket,
                                             std::string_view header) {
  const std::string expected = call.header(header);
  if (expected.empty() || expected == bucket.owner) return {};
  return AwsError{403, "AccessDenied", "Access Denied"};
}

Answer<BucketPtr> S3Service::open_bucket(const Call& call, const S3Address& address) const {
  BucketPtr bucket = find_bucket(address.bucket);
  if (bucket == nullptr) {
    return AwsError{404,
                    "NoSuchBucket",
                    "The specified bucket does not exist",
                    {{"BucketName", address.bucket}}};
  }
  CORDON_TRY(check_expected_owner(call, *bucket, "x-amz-expected-bucket-owner"));
  if (!call.identity.anonymous() && call.region != bucket->region &&
      address.operation->name != "GetBucketLocation") {
    const std::string suffix(partition_of(Region(bucket->region)).suffix);
    AwsError moved{301,
                   "PermanentRedirect",
                   "The bucket you are attempting to access must be addressed using the specified "
                   "endpoint. Please send all future requests to this endpoint.",
                   {{"Bucket", bucket->name}, {"Endpoint", "s3." + bucket->region + "." + suffix}}};
    moved.headers.set("x-amz-bucket-region", bucket->region);
    return moved;
  }
  return bucket;
}

Answer<ObjectVersion> S3Service::describe(const S3Call& s3) const {
  ObjectVersion object;
  for (const char* name : kSystemHeaders) {
    const auto value = s3.call.request.headers.get(name);
    if (!value) continue;
    const bool encoding = std::string_view(name) == "Content-Encoding";
    const std::string kept = encoding ? without_aws_chunked(*value) : std::string(*value);
    if (!kept.empty()) object.system.add(name, kept);
  }
  if (!object.system.has("Content-Type")) object.system.add("Content-Type", "binary/octet-stream");
  std::size_t bytes = 0;
  for (const auto& [name, value] : s3.call.request.headers.all()) {
    const std::string small = lower(name);
    if (!small.starts_with("x-amz-meta-")) continue;
    bytes += small.size() - 11 + value.size();
    object.metadata.add(small, value);
  }
  if (bytes > kMetadataBytesMax) {
    return AwsError{400, "MetadataTooLarge",
                    "Your metadata headers exceed the maximum allowed metadata size"};
  }
  if (const std::string header = s3.header("x-amz-tagging"); !header.empty()) {
    CORDON_TRY(object.tags, parse_tags_header(header));
    if (object.tags.size() > kTagsOfObjectMax) {
      return AwsError{400, "BadRequest", "Object tags cannot be greater than 10"};
    }
  }
  if (const std::string storage = s3.header("x-amz-storage-class"); !storage.empty()) {
    if (std::find(kStorageClasses.begin(), kStorageClasses.end(), storage) ==
        kStorageClasses.end()) {
      return AwsError{400, "InvalidStorageClass", "The storage class you specified is not valid"};
    }
    object.storage_class = storage;
  }
  const std::string acl = s3.header("x-amz-acl");
  if (!acl.empty() && acl != "private" && acl != "bucket-owner-full-control") {
    return AwsError{400, "AccessControlListNotSupported", "The bucket does not allow ACLs"};
  }
  CORDON_TRY(describe_encryption(s3, object));
  CORDON_TRY(describe_lock(s3, object));
  return object;
}

Version S3Service::insert(Bucket& bucket, const std::string& key, ObjectVersion object) {
  object.id =
      bucket.versioning == BucketVersioning::enabled ? make_token(basics_.random, 32) : "null";
  object.modified = basics_.clock.system_now();
  std::vector<Version>& versions = bucket.objects[key];
  if (object.id == "null")
    std::erase_if(versions, [](const Version& v) { return v->id == "null"; });
  versions.push_back(std::make_shared<const ObjectVersion>(std::move(object)));
  return versions.back();
}

// ---- what several files need ----

ServerResponse xml_response(std::string body, int status) {
  ServerResponse response{.status = status};
  response.headers.add("Content-Type", "application/xml");
  response.body = std::move(body);
  return response;
}

AwsError no_such_key(const std::string& key) {
  return {404, "NoSuchKey", "The specified key does not exist.", {{"Key", key}}};
}

AwsError precondition_failed(std::string_view condition) {
  return {412,
          "PreconditionFailed",
          "At least one of the pre-conditions you specified did not hold",
          {{"Condition", std::string(condition)}}};
}

AwsError malformed_xml() {
  return {400, "MalformedXML",
          "The XML you provided was not well-formed or did not validate against our published "
          "schema"};
}

std::string quoted_etag(const std::string& etag) { return "\"" + etag + "\""; }

bool etag_matches(std::string_view list, const std::string& etag) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view one = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() >= 2 && one.front() == '"' && one.back() == '"') {
      one = one.substr(1, one.size() - 2);
    }
    if (one == etag) return true;
  }
  return false;
}

}  // namespace cordon::cloud
