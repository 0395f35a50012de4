#include <algorithm>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::uint64_t kCopyBytesMax = 5ULL << 30U;

AwsError invalid_argument(std::string message) {
  return {400, "InvalidArgument", std::move(message)};
}

bool replaces(const S3Call& s3, std::string_view directive) {
  return equal_ignoring_case(s3.header(directive), "REPLACE");
}

// Onto itself a copy must change something, or it was most likely not meant.
bool changes_something(const S3Call& s3) {
  return replaces(s3, "x-amz-metadata-directive") || replaces(s3, "x-amz-tagging-directive") ||
         !s3.header("x-amz-storage-class").empty() ||
         !s3.header("x-amz-server-side-encryption").empty() ||
         !s3.header("x-amz-website-redirect-location").empty();
}

Answer<std::pair<std::uint64_t, std::uint64_t>> source_range(const S3Call& s3, std::uint64_t size) {
  const std::string header = s3.header("x-amz-copy-source-range");
  if (header.empty()) return std::pair<std::uint64_t, std::uint64_t>{0, size};
  const std::size_t dash = header.find('-');
  const auto first = header.starts_with("bytes=") && dash != std::string::npos
                         ? parse_u64(std::string_view(header).substr(6, dash - 6))
                         : std::nullopt;
  const auto last = first ? parse_u64(std::string_view(header).substr(dash + 1)) : std::nullopt;
  if (!first || !last || *last < *first) {
    return invalid_argument(
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
        "last are the zero-based offsets of the first and last bytes to copy");
  }
  if (*last >= size) {
    return invalid_argument("Range specified is not valid for source object of size: " +
                            std::to_string(size));
  }
  return std::pair<std::uint64_t, std::uint64_t>{*first, *last - *first + 1};
}

}  // namespace

Answer<S3Service::CopySource> S3Service::copy_source(const S3Call& s3) const {
  const AwsError invalid = invalid_argument(
      "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  std::string_view header = s3.call.request.headers.get("x-amz-copy-source").value_or("");
  CopySource source;
  if (const std::size_t at = header.rfind("?versionId="); at != std::string_view::npos) {
    source.version_id = percent_decode(header.substr(at + 11)).value_or("");
    header = header.substr(0, at);
  }
  Result<std::string> decoded = percent_decode(header);
  if (!decoded) return invalid;
  std::string_view path = *decoded;
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size()) return invalid;
  source.bucket = path.substr(0, slash);
  source.key = path.substr(slash + 1);
  return source;
}

Answer<Version> S3Service::open_copy_source(const S3Call& s3, const CopySource& source,
                                            bool& versioned) const {
  const BucketPtr bucket = find_bucket(source.bucket);
  if (bucket == nullptr) {
    return AwsError{404,
                    "NoSuchBucket",
                    "The specified bucket does not exist",
                    {{"BucketName", source.bucket}}};
  }
  CORDON_TRY(check_expected_owner(s3.call, *bucket, "x-amz-source-expected-bucket-owner"));
  Version object;
  {
    std::lock_guard lock(bucket->mutex);
    const Answer<Version> found =
        readable(s3, *bucket, source.key, source.version_id,
                 source.version_id.empty() ? "s3:GetObject" : "s3:GetObjectVersion");
    if (!found && found.error().code == "MethodNotAllowed") {
      return AwsError{400, "InvalidRequest",
                      "The source of a copy request may not specifically refer to a delete marker "
                      "by version id."};
    }
    CORDON_TRY(object, found);
    CORDON_TRY(authorize_key(s3, *bucket, *object, "kms:Decrypt"));
    // Tags go along unless they are replaced; a part has none.
    const bool with_tags = s3.address.operation->name == "CopyObject" &&
                           !replaces(s3, "x-amz-tagging-directive") && !object->tags.empty();
    if (with_tags) {
      CORDON_TRY(authorize(
          s3, *bucket,
          source.version_id.empty() ? "s3:GetObjectTagging" : "s3:GetObjectVersionTagging",
          source.key, object.get()));
    }
    versioned = bucket->versioning != BucketVersioning::off;
  }
  const auto outcome = ReadConditions::from(s3.call.request, "x-amz-copy-source-").check(*object);
  if (outcome != ReadConditions::Outcome::go_on) {
    return precondition_failed("x-amz-copy-source-If-Match");
  }
  if (object->storage_class == "GLACIER" || object->storage_class == "DEEP_ARCHIVE") {
    return AwsError{403, "InvalidObjectState",
                    "The source object of the COPY operation is not in the active tier"};
  }
  if (object->customer_key_md5 !=
      s3.header("x-amz-copy-source-server-side-encryption-customer-key-md5")) {
    return AwsError{400, "InvalidRequest",
                    "The object was stored using a form of Server Side Encryption. The correct "
                    "parameters must be provided to retrieve the object."};
  }
  return object;
}

S3Service::Reply S3Service::copy_object(S3Call& s3) {
  CORDON_TRY(const CopySource source, copy_source(s3));
  bool source_versioned = false;
  CORDON_TRY(const Version from, open_copy_source(s3, source, source_versioned));
  const bool onto_itself = source.bucket == s3.address.bucket && source.key == s3.address.key;
  if (onto_itself && source.version_id.empty() && !changes_something(s3)) {
    return AwsError{400, "InvalidRequest",
                    "This copy request is illegal because it is trying to copy an object to itself "
                    "without changing the object's metadata, storage class, website redirect "
                    "location or encryption attributes."};
  }
  if (from->content.size() > kCopyBytesMax) {
    return AwsError{400, "InvalidRequest",
                    "The specified copy source is larger than the maximum allowable size for a "
                    "copy source: 5368709120"};
  }
  CORDON_TRY(ObjectVersion object, describe(s3));
  if (!replaces(s3, "x-amz-metadata-directive")) {
    object.system = from->system;
    object.metadata = from->metadata;
  }
  if (!replaces(s3, "x-amz-tagging-directive")) object.tags = from->tags;
  object.content = from->content;  // Bytes never change, so two objects may share them.
  object.etag = from->etag;
  object.checksum = from->checksum;
  const std::string algorithm = s3.header("x-amz-checksum-algorithm");
  const auto kind = parse_checksum_kind(algorithm);
  // A copy is one object without parts: ETag and checksum are of the whole.
  if (!from->parts.empty() || (kind && (!from->checksum || from->checksum->kind != *kind))) {
    ChecksumStream stream(kind.value_or(ChecksumKind::crc64nvme));
    Hasher whole(Hasher::Kind::md5);
    const Result<void> read =
        from->content.read(0, from->content.size(), [&](std::string_view piece) {
          stream.update(piece);
          whole.update(as_bytes_of(piece));
        });
    if (!read) return AwsError{500, "InternalError", read.error().what};
    object.etag = hex(as_bytes_of(whole.finish()));
    object.checksum = StoredChecksum{stream.kind(), base64(as_bytes_of(stream.finish())), false};
  }
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
    note_event(s3, bucket, "ObjectCreated:Copy", s3.address.key, stored.get(), bytes);
  }
  deliver_events(*s3.bucket);
  XmlWriter xml;
  xml.open("CopyObjectResult", kS3Xmlns).text("LastModified", rfc3339_ms(stored->modified));
  xml.text("ETag", quoted_etag(stored->etag));
  if (stored->checksum) {
    xml.text(element_name(stored->checksum->kind), stored->checksum->value);
    xml.text("ChecksumType", "FULL_OBJECT");
  }
  ServerResponse response = xml_response(xml.close("CopyObjectResult").take());
  if (versioned) response.headers.add("x-amz-version-id", stored->id);
  if (source_versioned) response.headers.add("x-amz-copy-source-version-id", from->id);
  response.headers.add("x-amz-server-side-encryption",
                       stored->kms_key.empty() ? "AES256" : "aws:kms");
  return response;
}

S3Service::Reply S3Service::upload_part_copy(S3Call& s3) {
  const auto number = parse_u64(s3.param("partNumber").value_or(""));
  if (!number || *number < 1 || *number > 10'000) {
    return invalid_argument("Part number must be an integer between 1 and 10000, inclusive");
  }
  CORDON_TRY(const CopySource source, copy_source(s3));
  bool source_versioned = false;
  CORDON_TRY(const Version from, open_copy_source(s3, source, source_versioned));
  using Span = std::pair<std::uint64_t, std::uint64_t>;
  CORDON_TRY(const Span span, source_range(s3, from->content.size()));
  CORDON_TRY(authorize(s3));
  const std::string id(s3.param("uploadId").value_or(""));
  const AwsError no_upload{
      404, "NoSuchUpload", "The specified multipart upload does not exist.", {{"UploadId", id}}};
  ChecksumKind kind = ChecksumKind::crc64nvme;
  {
    std::lock_guard lock(s3.bucket->mutex);
    const auto at = s3.bucket->uploads.find(id);
    if (at == s3.bucket->uploads.end() || at->second.key != s3.address.key) return no_upload;
    kind = at->second.checksum.kind;
  }
  UploadedPart part;
  ChecksumStream stream(kind);
  Hasher digest(Hasher::Kind::md5);
  BlobWriter writer(basics_);
  Result<void> copied = from->content.read(span.first, span.second, [&](std::string_view piece) {
    stream.update(piece);
    digest.update(as_bytes_of(piece));
  });
  if (copied) copied = writer.append(from->content, span.first, span.second);
  if (!copied) return AwsError{500, "InternalError", copied.error().what};
  part.content = writer.finish();
  part.md5 = digest.finish();
  part.checksum = stream.finish();
  part.modified = s3.call.now;
  XmlWriter xml;
  xml.open("CopyPartResult", kS3Xmlns).text("LastModified", rfc3339_ms(part.modified));
  xml.text("ETag", quoted_etag(hex(as_bytes_of(part.md5)))).close("CopyPartResult");
  {
    std::lock_guard lock(s3.bucket->mutex);
    const auto at = s3.bucket->uploads.find(id);
    if (at == s3.bucket->uploads.end()) return no_upload;
    at->second.parts.insert_or_assign(static_cast<unsigned>(*number), std::move(part));
  }
  ServerResponse response = xml_response(xml.take());
  if (source_versioned) response.headers.add("x-amz-copy-source-version-id", from->id);
  return response;
}

}  // namespace cordon::cloud
