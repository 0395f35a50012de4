// Reading objects.

#include <algorithm>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

struct Range {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
};

AwsError invalid_range(const std::string& asked, std::uint64_t size) {
  AwsError error{416,
                 "InvalidRange",
                 "The requested range is not satisfiable",
                 {{"RangeRequested", asked}, {"ActualObjectSize", std::to_string(size)}}};
  error.headers.set("Content-Range", "bytes */" + std::to_string(size));
  return error;
}

// Nothing: the header makes no sense and is ignored, or asks for several ranges, which S3 does not
// serve.
Answer<std::optional<Range>> parse_range(const std::string& header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::optional<Range>();
  const std::string_view text = trim(std::string_view(header).substr(kUnit.size()));
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::optional<Range>();
  const std::string_view from = text.substr(0, dash);
  const std::string_view to = text.substr(dash + 1);
  const auto first = parse_u64(from);
  const auto last = parse_u64(to);
  if ((!from.empty() && !first) || (!to.empty() && !last) || (from.empty() && to.empty())) {
    return std::optional<Range>();
  }
  if (!first) {  // The last bytes.
    if (*last == 0 || size == 0) return invalid_range(header, size);
    const std::uint64_t bytes = std::min(*last, size);
    return std::optional<Range>(Range{size - bytes, bytes});
  }
  if (last && *last < *first) return std::optional<Range>();
  if (*first >= size) return invalid_range(header, size);
  const std::uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return std::optional<Range>(Range{*first, end - *first + 1});
}

Answer<Range> part_range(const ObjectVersion& object, std::uint64_t number) {
  Range range;
  if (object.parts.empty() && number == 1) return Range{0, object.content.size()};
  for (std::size_t i = 0; i < object.parts.size(); ++i) {
    // Parts are counted anew: gaps in the numbers of the upload are closed.
    if (i + 1 == number) {
      range.bytes = object.parts[i].bytes;
      return range;
    }
    range.first += object.parts[i].bytes;
  }
  return AwsError{416, "InvalidPartNumber", "The requested partnumber is not satisfiable"};
}

Answer<void> check_readable_state(const S3Call& s3, const ObjectVersion& object) {
  const std::string sent = s3.header("x-amz-server-side-encryption-customer-key-md5");
  if (!object.customer_key_md5.empty() && sent.empty()) {
    return AwsError{400, "InvalidRequest",
                    "The object was stored using a form of Server Side Encryption. The correct "
                    "parameters must be provided to retrieve the object."};
  }
  if (object.customer_key_md5 != sent) {
    return AwsError{object.customer_key_md5.empty() ? 400 : 403,
                    object.customer_key_md5.empty() ? "InvalidRequest" : "AccessDenied",
                    "The encryption parameters are not applicable to this object."};
  }
  const bool archived = object.storage_class == "GLACIER" || object.storage_class == "DEEP_ARCHIVE";
  if (!archived || s3.call.request.method == "HEAD") return {};
  return AwsError{403,
                  "InvalidObjectState",
                  "The operation is not valid for the object's storage class",
                  {{"StorageClass", object.storage_class}}};
}

void override_headers(const S3Call& s3, Headers& headers) {
  constexpr std::pair<const char*, const char*> kOverrides[] = {
      {"response-content-type", "Content-Type"},
      {"response-content-language", "Content-Language"},
      {"response-expires", "Expires"},
      {"response-cache-control", "Cache-Control"},
      {"response-content-disposition", "Content-Disposition"},
      {"response-content-encoding", "Content-Encoding"},
  };
  for (const auto& [param, header] : kOverrides) {
    if (const auto value = s3.param(param)) headers.set(header, std::string(*value));
  }
}

}  // namespace

void put_checksum_header(Headers& out, const StoredChecksum& checksum) {
  out.add("x-amz-checksum-" + std::string(header_suffix(checksum.kind)), checksum.value);
  out.add("x-amz-checksum-type", checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
}

void put_object_headers(Headers& out, const ObjectVersion& object, bool versioned) {
  out.add("Last-Modified", http_date(object.modified));
  out.add("ETag", quoted_etag(object.etag));
  out.add("Accept-Ranges", "bytes");
  for (const auto& [name, value] : object.system.all()) out.add(name, value);
  for (const auto& [name, value] : object.metadata.all()) out.add(name, value);
  if (versioned) out.add("x-amz-version-id", object.id);
  if (object.storage_class != "STANDARD") out.add("x-amz-storage-class", object.storage_class);
  if (!object.tags.empty()) out.add("x-amz-tagging-count", std::to_string(object.tags.size()));
  if (!object.customer_key_md5.empty()) {
    out.add("x-amz-server-side-encryption-customer-algorithm", "AES256");
    out.add("x-amz-server-side-encryption-customer-key-MD5", object.customer_key_md5);
  } else if (!object.kms_key.empty()) {
    out.add("x-amz-server-side-encryption", "aws:kms");
    out.add("x-amz-server-side-encryption-aws-kms-key-id", object.kms_key);
  } else {
    out.add("x-amz-server-side-encryption", "AES256");
  }
  if (object.legal_hold) out.add("x-amz-object-lock-legal-hold", "ON");
  if (!object.retention_mode.empty()) {
    out.add("x-amz-object-lock-mode", object.retention_mode);
    out.add("x-amz-object-lock-retain-until-date", rfc3339_ms(object.retain_until));
  }
}

Answer<Version> S3Service::readable(const S3Call& s3, const Bucket& bucket, const std::string& key,
                                    const std::string& version_id, std::string_view action) const {
  Version object = find_version(bucket, key, version_id);
  CORDON_TRY(authorize(s3, bucket, action, key, object.get()));
  if ((object == nullptr || object->delete_marker) && !may_know_absence(s3, bucket)) {
    return AwsError{403, "AccessDenied", "Access Denied"};
  }
  if (object == nullptr) {
    if (version_id.empty()) return no_such_key(key);
    const bool plausible =
        version_id == "null" ||
        (version_id.size() == 32 && std::all_of(version_id.begin(), version_id.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '.' || c == '_';
         }));
    if (!plausible) {
      return AwsError{400,
                      "InvalidArgument",
                      "Invalid version id specified",
                      {{"ArgumentName", "versionId"}, {"ArgumentValue", version_id}}};
    }
    return AwsError{404,
                    "NoSuchVersion",
                    "The specified version does not exist.",
                    {{"Key", key}, {"VersionId", version_id}}};
  }
  if (!object->delete_marker) return object;
  AwsError error = no_such_key(key);
  if (!version_id.empty()) {
    error = AwsError{405,
                     "MethodNotAllowed",
                     "The specified method is not allowed against this resource.",
                     {{"Method", s3.call.request.method}, {"ResourceType", "DeleteMarker"}}};
    error.headers.set("Allow", "DELETE");
    error.headers.set("Last-Modified", http_date(object->modified));
  }
  error.headers.set("x-amz-delete-marker", "true");
  error.headers.set("x-amz-version-id", object->id);
  return error;
}

S3Service::Reply S3Service::get_object(S3Call& s3) {
  Version object;
  bool versioned = false;
  {
    std::lock_guard lock(s3.bucket->mutex);
    CORDON_TRY(object, readable(s3, *s3.bucket, s3.address.key, s3.version_id(), "s3:GetObject"));
    // HEAD tells nothing of the bytes unless it is asked for their checksum.
    if (s3.call.request.method == "GET" || s3.header("x-amz-checksum-mode") == "ENABLED") {
      CORDON_TRY(authorize_key(s3, *s3.bucket, *object, "kms:Decrypt"));
    }
    versioned = s3.bucket->versioning != BucketVersioning::off;
  }
  return answer_with(s3, object, versioned);
}

S3Service::Reply S3Service::answer_with(const S3Call& s3, const Version& object, bool versioned) {
  switch (ReadConditions::from(s3.call.request, "").check(*object)) {
    case ReadConditions::Outcome::go_on:
      break;
    case ReadConditions::Outcome::failed:
      return precondition_failed("If-Match");
    case ReadConditions::Outcome::not_modified: {
      ServerResponse response{.status = 304};
      response.headers.add("ETag", quoted_etag(object->etag));
      response.headers.add("Last-Modified", http_date(object->modified));
      if (versioned) response.headers.add("x-amz-version-id", object->id);
      return response;
    }
  }
  CORDON_TRY(check_readable_state(s3, *object));
  const std::uint64_t size = object->content.size();
  CORDON_TRY(std::optional<Range> range, parse_range(s3.header("range"), size));
  ServerResponse response;
  put_object_headers(response.headers, *object, versioned);
  if (const auto part = s3.param("partNumber")) {
    const auto number = parse_u64(*part);
    if (!number || *number < 1 || *number > 10'000) {
      return AwsError{400, "InvalidArgument",
                      "Part number must be an integer between 1 and 10000, inclusive"};
    }
    CORDON_TRY(range, part_range(*object, *number));
    if (!object->parts.empty()) {
      response.headers.add("x-amz-mp-parts-count", std::to_string(object->parts.size()));
    }
  }
  const bool partial = range && (s3.param("partNumber") ? !object->parts.empty() : true);
  if (partial) {
    response.status = 206;
    response.headers.add("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                              std::to_string(range->first + range->bytes - 1) +
                                              "/" + std::to_string(size));
  } else if (object->checksum && equal_ignoring_case(s3.header("x-amz-checksum-mode"), "ENABLED")) {
    put_checksum_header(response.headers, *object->checksum);
  }
  if (!s3.call.identity.anonymous()) override_headers(s3, response.headers);
  const Range sent = range.value_or(Range{0, size});
  object->content.answer_with(response, sent.first, sent.bytes);
  return response;
}

S3Service::Reply S3Service::get_object_attributes(S3Call& s3) {
  std::lock_guard lock(s3.bucket->mutex);
  CORDON_TRY(const Version object,
             readable(s3, *s3.bucket, s3.address.key, s3.version_id(), "s3:GetObject"));
  CORDON_TRY(authorize(s3, *s3.bucket, "s3:GetObjectAttributes", s3.address.key, object.get()));
  const std::string asked = s3.header("x-amz-object-attributes");
  const auto wants = [&](std::string_view name) { return asked.find(name) != std::string::npos; };
  XmlWriter xml;
  xml.open("GetObjectAttributesResponse", kS3Xmlns);
  if (wants("ETag")) xml.text("ETag", object->etag);
  if (wants("Checksum") && object->checksum) {
    std::string value = object->checksum->value;
    if (object->checksum->composite) value.resize(value.rfind('-'));
    xml.open("Checksum").text(element_name(object->checksum->kind), value);
    xml.text("ChecksumType", object->checksum->composite ? "COMPOSITE" : "FULL_OBJECT");
    xml.close("Checksum");
  }
  if (wants("ObjectParts") && !object->parts.empty()) {
    xml.open("ObjectParts").number("PartsCount", object->parts.size());
    if (object->checksum && object->checksum->composite) {
      xml.number("PartNumberMarker", 0).number("NextPartNumberMarker", object->parts.size());
      xml.number("MaxParts", 1000).flag("IsTruncated", false);
      for (const StoredPart& part : object->parts) {
        xml.open("Part").number("PartNumber", part.number).number("Size", part.bytes);
        xml.text(element_name(object->checksum->kind), part.checksum).close("Part");
      }
    }
    xml.close("ObjectParts");
  }
  if (wants("StorageClass")) xml.text("StorageClass", object->storage_class);
  if (wants("ObjectSize")) xml.number("ObjectSize", object->content.size());
  ServerResponse response = xml_response(xml.close("GetObjectAttributesResponse").take());
  response.headers.add("Last-Modified", http_date(object->modified));
  if (s3.bucket->versioning != BucketVersioning::off) {
    response.headers.add("x-amz-version-id", object->id);
  }
  return response;
}

}  // namespace cordon::cloud
