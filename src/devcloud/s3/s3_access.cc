// Who may do what in S3: which rights an operation takes, and what a policy's conditions can ask
// about it.

#include <algorithm>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::size_t kTagsMax = 10;

std::string versioned_action(std::string_view action) {
  for (const std::string_view name :
       {"s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging", "s3:GetObjectAcl",
        "s3:PutObjectAcl", "s3:GetObjectAttributes"}) {
    if (action == name) {
      return std::string(action.substr(0, action.find("Object") + 6)) + "Version" +
             std::string(action.substr(action.find("Object") + 6));
    }
  }
  if (action == "s3:GetObject" || action == "s3:DeleteObject")
    return std::string(action) + "Version";
  return std::string(action);
}

bool may_always(std::string_view action) {
  return action == "s3:GetBucketPolicy" || action == "s3:PutBucketPolicy" ||
         action == "s3:DeleteBucketPolicy";
}

bool is_public_blocked(const Bucket& bucket) {
  const auto at = bucket.documents.find("publicAccessBlock");
  return at != bucket.documents.end() &&
         at->second.find("<RestrictPublicBuckets>true") != std::string::npos;
}

// Tags of the object count only where AWS lets a policy ask for them: reading it and changing its
// tags, not overwriting or deleting it.
bool asks_existing_tags(std::string_view action) {
  return action.starts_with("s3:GetObject") || action.ends_with("Tagging") ||
         action.ends_with("Acl");
}

// What the request itself says; of tags that a copy brings along AWS's documentation tells nothing.
Tags tags_in_request(const S3Call& s3) {
  if (s3.address.operation->name != "PutObjectTagging") {
    const Answer<Tags> stated = parse_tags_header(s3.header("x-amz-tagging"));
    return stated ? *stated : Tags{};
  }
  pugi::xml_document document;
  if (!parse_xml(s3.call.request.body, "Tagging", document)) return {};
  const Answer<Tags> stated = parse_tags_xml(document.document_element(), kTagsMax);
  return stated ? *stated : Tags{};
}

}  // namespace

Answer<void> S3Service::authorize(const S3Call& s3, const ObjectVersion* object) const {
  std::lock_guard lock(s3.bucket->mutex);
  return authorize(s3, *s3.bucket, s3.address.operation->action, s3.address.key, object);
}

AccessQuestion S3Service::question(const S3Call& s3, const Bucket& bucket, std::string_view action,
                                   const std::string& key, const ObjectVersion* object) const {
  const std::string version_id = s3.version_id();
  AccessQuestion out =
      question_of(s3.call, version_id.empty() ? std::string(action) : versioned_action(action),
                  make_bucket_arn(bucket.region, bucket.name + (key.empty() ? "" : "/" + key)));
  const auto put = [&](const std::string& name, std::string value) {
    if (!value.empty()) out.context[name] = {std::move(value)};
  };
  out.owner = bucket.owner;
  put("s3:resourceaccount", bucket.owner);
  put("s3:versionid", version_id);
  for (const char* name : {"prefix", "delimiter", "max-keys"}) {
    // A parameter that is there and empty is a value, too: "StringEquals": {"s3:prefix": ""}.
    if (const auto value = s3.param(name))
      out.context["s3:" + std::string(name)] = {std::string(*value)};
  }
  for (const char* name : {"x-amz-acl", "x-amz-server-side-encryption", "x-amz-storage-class",
                           "x-amz-copy-source", "x-amz-metadata-directive"}) {
    put("s3:" + std::string(name), s3.header(name));
  }
  if (object != nullptr && asks_existing_tags(out.action)) {
    for (const auto& [name, value] : object->tags) {
      out.context["s3:existingobjecttag/" + name] = {value};
    }
  }
  for (const auto& [name, value] : tags_in_request(s3)) {
    out.context["s3:requestobjecttag/" + name] = {value};
    out.context["s3:requestobjecttagkeys"].push_back(name);
  }
  return out;
}

Answer<void> S3Service::authorize(const S3Call& s3, const Bucket& bucket, std::string_view action,
                                  const std::string& key, const ObjectVersion* object) const {
  const Identity& who = s3.call.identity;
  if (bucket.deleted) {  // Meanwhile, between finding it and locking it.
    return AwsError{
        404, "NoSuchBucket", "The specified bucket does not exist", {{"BucketName", bucket.name}}};
  }
  // Nobody locks the account out of its own bucket.
  if (who.account == bucket.owner && who.grants == nullptr && may_always(action)) return {};
  if (who.anonymous() && is_public_blocked(bucket)) {
    return AwsError{403, "AccessDenied", "Access Denied"};
  }
  return judge_.check(who, question(s3, bucket, action, key, object),
                      bucket.policy ? &*bucket.policy : nullptr);
}

Answer<void> S3Service::authorize_account(const S3Call& s3) const {
  const std::string& name = s3.address.bucket;
  AccessQuestion asked = question_of(s3.call, std::string(s3.address.operation->action),
                                     make_bucket_arn(s3.call.region, name.empty() ? "*" : name));
  asked.owner = s3.call.identity.account;
  if (const std::string space = s3.header("x-amz-bucket-namespace"); !space.empty()) {
    asked.context["s3:x-amz-bucket-namespace"] = {space};
  }
  return judge_.check(s3.call.identity, asked, nullptr);
}

Answer<void> S3Service::authorize_write(const S3Call& s3, const Bucket& bucket,
                                        const ObjectVersion& object) const {
  const std::string& key = s3.address.key;
  CORDON_TRY(authorize(s3, bucket, "s3:PutObject", key, nullptr));
  if (!object.tags.empty()) {
    CORDON_TRY(authorize(s3, bucket, "s3:PutObjectTagging", key, nullptr));
  }
  if (object.legal_hold) {
    CORDON_TRY(authorize(s3, bucket, "s3:PutObjectLegalHold", key, nullptr));
  }
  if (!object.retention_mode.empty()) {
    CORDON_TRY(authorize(s3, bucket, "s3:PutObjectRetention", key, nullptr));
  }
  if (!s3.header("x-amz-acl").empty()) {
    CORDON_TRY(authorize(s3, bucket, "s3:PutObjectAcl", key, nullptr));
  }
  CORDON_TRY(authorize_key(s3, bucket, object, "kms:GenerateDataKey"));
  const std::string if_match = s3.header("if-match");
  if (!if_match.empty() && if_match != "*") {  // It tells what is there.
    CORDON_TRY(authorize(s3, bucket, "s3:GetObject", key, find_version(bucket, key, "").get()));
  }
  return {};
}

Answer<void> S3Service::authorize_key(const S3Call& s3, const Bucket& bucket,
                                      const ObjectVersion& object, std::string_view action) const {
  const std::string& key = object.kms_key;
  if (key.empty() || key == kKmsKeyOfS3) return {};
  const bool is_alias = key.starts_with("alias/");
  const std::string arn = key.starts_with("arn:") ? key
                                                  : make_arn("kms", bucket.region, bucket.owner,
                                                             (is_alias ? "" : "key/") + key);
  return judge_.check(s3.call.identity, question_of(s3.call, std::string(action), arn), nullptr);
}

bool S3Service::may_know_absence(const S3Call& s3, const Bucket& bucket) const {
  return static_cast<bool>(authorize(s3, bucket, "s3:ListBucket", "", nullptr));
}

}  // namespace cordon::cloud
