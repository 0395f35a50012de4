// Writing and deleting objects.

#include <algorithm>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::size_t kDeletionsMax = 1000;

std::string as_text(const std::string& binary) { return base64(as_bytes_of(binary)); }

}  // namespace

S3Service::Reply S3Service::put_object(S3Call& s3) {
  CORDON_TRY(s3.upload->finish());
  CORDON_TRY(ObjectVersion object, describe(s3));
  object.content = s3.upload->content();
  object.etag = hex(as_bytes_of(s3.upload->md5()));
  const ChecksumKind kind = s3.upload->named().value_or(ChecksumKind::crc64nvme);
  object.checksum = StoredChecksum{kind, as_text(s3.upload->checksum(kind)), false};
  const std::uint64_t bytes = object.content.size();
  Version stored;
  bool versioned = false;
  {
    Bucket& bucket = *s3.bucket;
    std::lock_guard lock(bucket.mutex);
    const Version present = find_version(bucket, s3.address.key, "");
    CORDON_TRY(authorize_write(s3, bucket, object));
    CORDON_TRY(check_write_conditions(s3.call.request, s3.address.key, present.get()));
    stored = insert(bucket, s3.address.key, std::move(object));
    versioned = bucket.versioning == BucketVersioning::enabled;
    note_event(s3, bucket, "ObjectCreated:Put", s3.address.key, stored.get(), bytes);
  }
  deliver_events(*s3.bucket);
  ServerResponse response;
  response.headers.add("ETag", quoted_etag(stored->etag));
  put_checksum_header(response.headers, *stored->checksum);
  if (stored->kms_key.empty()) {
    response.headers.add("x-amz-server-side-encryption", "AES256");
  } else {
    response.headers.add("x-amz-server-side-encryption", "aws:kms");
    response.headers.add("x-amz-server-side-encryption-aws-kms-key-id", stored->kms_key);
  }
  if (versioned) response.headers.add("x-amz-version-id", stored->id);
  return response;
}

// ---- deletion ----

Answer<void> S3Service::check_not_locked(const S3Call& s3, const ObjectVersion& object) const {
  const bool bypass = s3.header("x-amz-bypass-governance-retention") == "true" &&
                      object.retention_mode == "GOVERNANCE";
  const bool retained = !object.retention_mode.empty() && s3.call.now < object.retain_until;
  if (!object.legal_hold && (!retained || bypass)) return {};
  return AwsError{403, "AccessDenied", "Access Denied because object protected by object lock."};
}

Answer<S3Service::Deletion> S3Service::remove(const S3Call& s3, const std::string& key,
                                              const std::string& version_id,
                                              const std::string& if_match) {
  Bucket& bucket = *s3.bucket;
  std::lock_guard lock(bucket.mutex);
  const Version present = find_version(bucket, key, version_id);
  CORDON_TRY(authorize(s3, bucket,
                       version_id.empty() ? "s3:DeleteObject" : "s3:DeleteObjectVersion", key,
                       present.get()));
  if (s3.header("x-amz-bypass-governance-retention") == "true") {
    CORDON_TRY(authorize(s3, bucket, "s3:BypassGovernanceRetention", key, nullptr));
  }
  if (!if_match.empty() && if_match != "*") {  // It tells what is there.
    CORDON_TRY(authorize(s3, bucket, version_id.empty() ? "s3:GetObject" : "s3:GetObjectVersion",
                         key, present.get()));
  }
  if (!if_match.empty()) {
    if (present == nullptr || present->delete_marker) return no_such_key(key);
    if (!etag_matches(if_match, present->etag)) return precondition_failed("If-Match");
  }
  if (!version_id.empty()) {
    Deletion done{present != nullptr && present->delete_marker, version_id};
    if (present == nullptr) return done;
    CORDON_TRY(check_not_locked(s3, *present));
    std::vector<Version>& versions = bucket.objects[key];
    std::erase(versions, present);
    if (versions.empty()) bucket.objects.erase(key);
    note_event(s3, bucket, "ObjectRemoved:Delete", key, present.get(), std::nullopt);
    return done;
  }
  if (bucket.versioning == BucketVersioning::off) {
    if (present == nullptr) return Deletion{};
    note_event(s3, bucket, "ObjectRemoved:Delete", key, present.get(), std::nullopt);
    bucket.objects.erase(key);
    return Deletion{};
  }
  ObjectVersion marker;
  marker.delete_marker = true;
  marker.etag = hex(md5({}));
  const Version stored = insert(bucket, key, std::move(marker));
  note_event(s3, bucket, "ObjectRemoved:DeleteMarkerCreated", key, stored.get(), std::nullopt);
  return Deletion{true, stored->id};
}

S3Service::Reply S3Service::delete_object(S3Call& s3) {
  CORDON_TRY(const Deletion done,
             remove(s3, s3.address.key, s3.version_id(), s3.header("if-match")));
  deliver_events(*s3.bucket);
  ServerResponse response{.status = 204};
  if (!done.version_id.empty()) response.headers.add("x-amz-version-id", done.version_id);
  if (done.marker) response.headers.add("x-amz-delete-marker", "true");
  return response;
}

S3Service::Reply S3Service::delete_objects(S3Call& s3) {
  if (!has_body_digest(s3)) {
    return AwsError{400, "InvalidRequest",
                    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"};
  }
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, "Delete", document));
  const pugi::xml_node root = document.document_element();
  const bool quiet = lower(root.child("Quiet").text().get()) == "true";
  const auto objects = root.children("Object");
  const auto count = static_cast<std::size_t>(std::distance(objects.begin(), objects.end()));
  if (count == 0 || count > kDeletionsMax) return malformed_xml();
  XmlWriter xml;
  xml.open("DeleteResult", kS3Xmlns);
  for (const pugi::xml_node& object : objects) {
    const std::string key = object.child("Key").text().get();
    const std::string version_id = object.child("VersionId").text().get();
    const Answer<Deletion> done = remove(s3, key, version_id, object.child("ETag").text().get());
    if (!done) {
      xml.open("Error").text("Key", key);
      if (!version_id.empty()) xml.text("VersionId", version_id);
      xml.text("Code", done.error().code).text("Message", done.error().message).close("Error");
      continue;
    }
    if (quiet) continue;
    xml.open("Deleted").text("Key", key);
    if (!version_id.empty()) xml.text("VersionId", version_id);
    if (done->marker) {
      xml.flag("DeleteMarker", true).text("DeleteMarkerVersionId", done->version_id);
    }
    xml.close("Deleted");
  }
  deliver_events(*s3.bucket);
  return xml_response(xml.close("DeleteResult").take());
}

}  // namespace cordon::cloud
