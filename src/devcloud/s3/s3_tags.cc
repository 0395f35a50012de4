// Tags, legal hold and retention: what can be changed on a version without a new one.

#include <utf8proc.h>

#include <algorithm>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::size_t kTagsMax = 10;
constexpr std::size_t kTagKeyMax = 128;
constexpr std::size_t kTagValueMax = 256;

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$, as the documentation of S3 has it.
bool is_tag_text(std::string_view text) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t bytes = utf8proc_iterate(at, left, &character);
    if (bytes <= 0) return false;  // No UTF-8.
    const char category = utf8proc_category_string(character)[0];
    const bool is_letter_or_space = category == 'L' || category == 'Z' || category == 'N';
    const bool is_sign =
        character < 0x80 &&
        std::string_view("_.:/=+-@").find(static_cast<char>(character)) != std::string_view::npos;
    if (!is_letter_or_space && !is_sign) return false;
    at += bytes;
    left -= bytes;
  }
  return true;
}

Answer<void> add_tag(Tags& tags, std::string key, std::string value) {
  const auto refuse = [](std::string why) { return AwsError{400, "InvalidTag", std::move(why)}; };
  if (key.empty() || characters(key) > kTagKeyMax || !is_tag_text(key)) {
    return refuse("The TagKey you have provided is invalid");
  }
  if (characters(value) > kTagValueMax || !is_tag_text(value)) {
    return refuse("The TagValue you have provided is invalid");
  }
  if (lower(key).starts_with("aws:"))
    return refuse("System tags cannot be added/updated by requester");
  const bool known =
      std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return tag.first == key; });
  if (known) return refuse("Cannot provide multiple Tags with the same key");
  tags.emplace_back(std::move(key), std::move(value));
  return {};
}

AwsError no_lock(const char* what) {
  return {404, "NoSuchObjectLockConfiguration",
          "The specified object does not have a ObjectLock configuration: " + std::string(what)};
}

}  // namespace

Answer<Tags> parse_tags_header(std::string_view header) {
  Tags tags;
  const auto pairs = parse_form(header);
  if (!pairs) {
    return AwsError{400, "InvalidArgument",
                    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL "
                    "query parameters without tag name duplicates."};
  }
  for (const auto& [key, value] : *pairs) CORDON_TRY(add_tag(tags, key, value));
  return tags;
}

Answer<Tags> parse_tags_xml(const pugi::xml_node& tagging, std::size_t count_max) {
  Tags tags;
  const pugi::xml_node set = tagging.child("TagSet");
  if (set.empty()) return malformed_xml();
  for (const pugi::xml_node& tag : set.children()) {
    if (std::string_view(tag.name()) != "Tag" || tag.child("Key").empty()) return malformed_xml();
    CORDON_TRY(add_tag(tags, tag.child("Key").text().get(), tag.child("Value").text().get()));
  }
  if (tags.size() > count_max) {
    return AwsError{400, "BadRequest",
                    "Object tags cannot be greater than " + std::to_string(count_max)};
  }
  return tags;
}

std::string tags_to_xml(const Tags& tags) {
  XmlWriter xml;
  xml.open("Tagging", kS3Xmlns).open("TagSet");
  for (const auto& [key, value] : tags) {
    xml.open("Tag").text("Key", key).text("Value", value).close("Tag");
  }
  return xml.close("TagSet").close("Tagging").take();
}

S3Service::Reply S3Service::change_version(
    S3Call& s3, std::string_view event, const std::function<Answer<void>(ObjectVersion&)>& change) {
  ServerResponse response;
  {
    Bucket& bucket = *s3.bucket;
    std::lock_guard lock(bucket.mutex);
    Answer<Version> found =
        readable(s3, bucket, s3.address.key, s3.version_id(), s3.address.operation->action);
    CORDON_TRY(const Version present, std::move(found));
    auto copy = std::make_shared<ObjectVersion>(*present);
    CORDON_TRY(change(*copy));
    std::vector<Version>& versions = bucket.objects[s3.address.key];
    std::replace(versions.begin(), versions.end(), present, Version(copy));
    if (bucket.versioning != BucketVersioning::off) {
      response.headers.add("x-amz-version-id", copy->id);
    }
    if (!event.empty()) {
      note_event(s3, bucket, std::string(event), s3.address.key, copy.get(), std::nullopt);
    }
  }
  deliver_events(*s3.bucket);
  return response;
}

S3Service::Reply S3Service::get_tagging(S3Call& s3) {
  std::lock_guard lock(s3.bucket->mutex);
  CORDON_TRY(const Version object,
             readable(s3, *s3.bucket, s3.address.key, s3.version_id(), "s3:GetObjectTagging"));
  ServerResponse response = xml_response(tags_to_xml(object->tags));
  if (s3.bucket->versioning != BucketVersioning::off) {
    response.headers.add("x-amz-version-id", object->id);
  }
  return response;
}

S3Service::Reply S3Service::put_tagging(S3Call& s3) {
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, "Tagging", document));
  CORDON_TRY(const Tags tags, parse_tags_xml(document.document_element(), kTagsMax));
  return change_version(s3, "ObjectTagging:Put", [&](ObjectVersion& object) -> Answer<void> {
    object.tags = tags;
    return {};
  });
}

S3Service::Reply S3Service::delete_tagging(S3Call& s3) {
  CORDON_TRY(ServerResponse response,
             change_version(s3, "ObjectTagging:Delete", [](ObjectVersion& object) -> Answer<void> {
               object.tags.clear();
               return {};
             }));
  response.status = 204;
  return response;
}

S3Service::Reply S3Service::get_legal_hold(S3Call& s3) {
  std::lock_guard lock(s3.bucket->mutex);
  CORDON_TRY(const Version object,
             readable(s3, *s3.bucket, s3.address.key, s3.version_id(), "s3:GetObjectLegalHold"));
  if (!s3.bucket->object_lock) return no_lock("legal hold");
  XmlWriter xml;
  xml.open("LegalHold", kS3Xmlns).text("Status", object->legal_hold ? "ON" : "OFF");
  return xml_response(xml.close("LegalHold").take());
}

S3Service::Reply S3Service::put_legal_hold(S3Call& s3) {
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, "LegalHold", document));
  const std::string status = document.document_element().child("Status").text().get();
  if (status != "ON" && status != "OFF") return malformed_xml();
  return change_version(s3, "", [&](ObjectVersion& object) -> Answer<void> {
    if (!s3.bucket->object_lock) {
      return AwsError{400, "InvalidRequest", "Bucket is missing Object Lock Configuration"};
    }
    object.legal_hold = status == "ON";
    return {};
  });
}

S3Service::Reply S3Service::get_retention(S3Call& s3) {
  std::lock_guard lock(s3.bucket->mutex);
  CORDON_TRY(const Version object,
             readable(s3, *s3.bucket, s3.address.key, s3.version_id(), "s3:GetObjectRetention"));
  if (object->retention_mode.empty()) return no_lock("retention");
  XmlWriter xml;
  xml.open("Retention", kS3Xmlns).text("Mode", object->retention_mode);
  xml.text("RetainUntilDate", rfc3339_ms(object->retain_until));
  return xml_response(xml.close("Retention").take());
}

S3Service::Reply S3Service::put_retention(S3Call& s3) {
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, "Retention", document));
  const std::string mode = document.document_element().child("Mode").text().get();
  const auto until =
      parse_rfc3339(document.document_element().child("RetainUntilDate").text().get());
  if ((mode != "GOVERNANCE" && mode != "COMPLIANCE") || !until) return malformed_xml();
  return change_version(s3, "", [&](ObjectVersion& object) -> Answer<void> {
    if (!s3.bucket->object_lock) {
      return AwsError{400, "InvalidRequest", "Bucket is missing Object Lock Configuration"};
    }
    if (*until < object.retain_until) {
      ObjectVersion held = object;
      held.legal_hold = false;
      CORDON_TRY(check_not_locked(s3, held));
    }
    object.retention_mode = mode;
    object.retain_until = *until;
    return {};
  });
}

}  // namespace cordon::cloud
