#include <algorithm>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::uint64_t kPartBytesMin = 5U << 20U;
constexpr unsigned kPartsMax = 10'000;
constexpr std::size_t kCompletedMax = 1000;

std::string as_text(const std::string& binary) { return base64(as_bytes_of(binary)); }
std::string etag_of(const UploadedPart& part) { return hex(as_bytes_of(part.md5)); }

AwsError no_such_upload(const std::string& id) {
  return {404,
          "NoSuchUpload",
          "The specified upload does not exist. The upload ID may be invalid, or the upload may "
          "have been aborted or completed.",
          {{"UploadId", id}}};
}

std::string upload_id(const S3Call& s3) { return std::string(s3.param("uploadId").value_or("")); }

Answer<MultipartUpload*> find_upload(Bucket& bucket, const S3Call& s3) {
  const auto at = bucket.uploads.find(upload_id(s3));
  if (at == bucket.uploads.end() || at->second.key != s3.address.key) {
    return no_such_upload(upload_id(s3));
  }
  return &at->second;
}

// Which checksum the upload asks for. Without a name it is the default of S3.
Answer<void> choose_checksum(const S3Call& s3, MultipartUpload& upload) {
  const std::string name = s3.header("x-amz-checksum-algorithm");
  const std::string type = s3.header("x-amz-checksum-type");
  if (!name.empty()) {
    const auto kind = parse_checksum_kind(name);
    if (!kind) {
      return AwsError{400, "InvalidRequest", "Checksum algorithm provided is unsupported."};
    }
    upload.checksum.kind = *kind;
    upload.names_checksum = true;
  }
  upload.checksum.composite = upload.names_checksum &&
                              upload.checksum.kind != ChecksumKind::crc64nvme &&
                              type != "FULL_OBJECT";
  const bool impossible =
      (type == "FULL_OBJECT" && !is_crc(upload.checksum.kind)) ||
      (type == "COMPOSITE" &&
       (!upload.names_checksum || upload.checksum.kind == ChecksumKind::crc64nvme));
  if (!impossible) return {};
  return AwsError{400, "InvalidRequest",
                  "The " + type + " checksum type cannot be used with the " +
                      std::string(algorithm_name(upload.checksum.kind)) + " checksum algorithm."};
}

struct NamedPart {
  unsigned number = 0;
  std::string etag;
  std::string checksum;
};

Answer<std::vector<NamedPart>> parse_completion(const S3Call& s3, ChecksumKind kind) {
  pugi::xml_document document;
  CORDON_TRY(parse_xml(s3.call.request.body, "CompleteMultipartUpload", document));
  std::vector<NamedPart> parts;
  for (const pugi::xml_node& node : document.document_element().children("Part")) {
    NamedPart part;
    const auto number = parse_u64(node.child("PartNumber").text().get());
    if (!number || *number < 1 || *number > kPartsMax) return malformed_xml();
    part.number = static_cast<unsigned>(*number);
    part.etag = node.child("ETag").text().get();
    part.checksum = node.child(std::string(element_name(kind)).c_str()).text().get();
    if (!parts.empty() && parts.back().number >= part.number) {
      return AwsError{400, "InvalidPartOrder",
                      "The list of parts was not in ascending order. Parts must be ordered by part "
                      "number."};
    }
    parts.push_back(std::move(part));
  }
  if (parts.empty() || parts.size() > kPartsMax) return malformed_xml();
  return parts;
}

Answer<std::vector<UploadedPart>> pick_parts(const MultipartUpload& upload,
                                             const std::vector<NamedPart>& named) {
  std::vector<UploadedPart> parts;
  for (const NamedPart& one : named) {
    const auto at = upload.parts.find(one.number);
    const bool fits = at != upload.parts.end() && etag_matches(one.etag, etag_of(at->second)) &&
                      (one.checksum.empty() || one.checksum == as_text(at->second.checksum));
    if (!fits) {
      return AwsError{400,
                      "InvalidPart",
                      "One or more of the specified parts could not be found. The part may not "
                      "have been uploaded, or the specified entity tag may not match the part's "
                      "entity tag.",
                      {{"PartNumber", std::to_string(one.number)}, {"ETag", one.etag}}};
    }
    if (&one != &named.back() && at->second.content.size() < kPartBytesMin) {
      return AwsError{400,
                      "EntityTooSmall",
                      "Your proposed upload is smaller than the minimum allowed size",
                      {{"ProposedSize", std::to_string(at->second.content.size())},
                       {"MinSizeAllowed", std::to_string(kPartBytesMin)},
                       {"PartNumber", std::to_string(one.number)}}};
    }
    parts.push_back(at->second);
  }
  return parts;
}

StoredChecksum combine(StoredChecksum checksum, const std::vector<UploadedPart>& parts) {
  std::string joined;
  if (checksum.composite) {
    for (const UploadedPart& part : parts) joined += part.checksum;
    checksum.value =
        as_text(checksum_of(checksum.kind, joined)) + "-" + std::to_string(parts.size());
    return checksum;
  }
  joined = parts.front().checksum;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    joined = combine_crc(checksum.kind, joined, parts[i].checksum, parts[i].content.size());
  }
  checksum.value = as_text(joined);
  return checksum;
}

Answer<Blob> join(const Basics& basics, const std::vector<UploadedPart>& parts) {
  if (parts.size() == 1) return parts.front().content;
  BlobWriter writer(basics);
  for (const UploadedPart& part : parts) {
    const Result<void> written = writer.append(part.content, 0, part.content.size());
    if (!written) return AwsError{500, "InternalError", written.error().what};
  }
  return writer.finish();
}

ServerResponse completion_response(const S3Call& s3, const ObjectVersion& object, bool versioned) {
  XmlWriter xml;
  xml.open("CompleteMultipartUploadResult", kS3Xmlns);
  xml.text("Location", "http://" + s3.header("host") + "/" + s3.address.bucket + "/" +
                           percent_encode(s3.address.key, true));
  xml.text("Bucket", s3.address.bucket).text("Key", s3.address.key);
  xml.text("ETag", quoted_etag(object.etag));
  if (object.checksum) {
    xml.text(element_name(object.checksum->kind), object.checksum->value);
    xml.text("ChecksumType", object.checksum->composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  ServerResponse response = xml_response(xml.close("CompleteMultipartUploadResult").take());
  if (versioned) response.headers.add("x-amz-version-id", object.id);
  response.headers.add("x-amz-server-side-encryption",
                       object.kms_key.empty() ? "AES256" : "aws:kms");
  return response;
}

}  // namespace

S3Service::Reply S3Service::create_upload(S3Call& s3) {
  MultipartUpload upload;
  upload.key = s3.address.key;
  upload.started = s3.call.now;
  CORDON_TRY(upload.head, describe(s3));
  CORDON_TRY(choose_checksum(s3, upload));
  {
    std::lock_guard lock(s3.bucket->mutex);
    CORDON_TRY(authorize_write(s3, *s3.bucket, upload.head));
  }
  const std::string id = make_token(basics_.random, 64);
  XmlWriter xml;
  xml.open("InitiateMultipartUploadResult", kS3Xmlns).text("Bucket", s3.address.bucket);
  xml.text("Key", s3.address.key).text("UploadId", id);
  ServerResponse response = xml_response(xml.close("InitiateMultipartUploadResult").take());
  if (upload.names_checksum) {
    response.headers.add("x-amz-checksum-algorithm",
                         std::string(algorithm_name(upload.checksum.kind)));
    response.headers.add("x-amz-checksum-type",
                         upload.checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  response.headers.add("x-amz-server-side-encryption",
                       upload.head.kms_key.empty() ? "AES256" : "aws:kms");
  std::lock_guard lock(s3.bucket->mutex);
  s3.bucket->uploads.emplace(id, std::move(upload));
  return response;
}

S3Service::Reply S3Service::upload_part(S3Call& s3) {
  const auto number = parse_u64(s3.param("partNumber").value_or(""));
  if (!number || *number < 1 || *number > kPartsMax) {
    return AwsError{400,
                    "InvalidArgument",
                    "Part number must be an integer between 1 and 10000, inclusive",
                    {{"ArgumentName", "partNumber"}}};
  }
  CORDON_TRY(s3.upload->finish());
  CORDON_TRY(authorize(s3));
  UploadedPart part{s3.upload->content(), s3.upload->md5(), {}, s3.call.now};
  ServerResponse response;
  response.headers.add("ETag", quoted_etag(etag_of(part)));
  response.headers.add("x-amz-server-side-encryption", "AES256");
  std::lock_guard lock(s3.bucket->mutex);
  CORDON_TRY(MultipartUpload * upload, find_upload(*s3.bucket, s3));
  const auto named = s3.upload->named();
  if (upload->names_checksum && named && *named != upload->checksum.kind) {
    return AwsError{400, "InvalidRequest",
                    "Checksum Type mismatch occurred, expected checksum Type: " +
                        std::string(header_suffix(upload->checksum.kind)) +
                        ", actual checksum Type: " + std::string(header_suffix(*named))};
  }
  part.checksum = s3.upload->checksum(upload->checksum.kind);
  if (part.checksum.empty()) {  // The part did not say which it would need.
    ChecksumStream stream(upload->checksum.kind);
    const Result<void> read = part.content.read(
        0, part.content.size(), [&](std::string_view piece) { stream.update(piece); });
    if (!read) return AwsError{500, "InternalError", read.error().what};
    part.checksum = stream.finish();
  }
  const ChecksumKind shown = named.value_or(upload->checksum.kind);
  if (named || upload->names_checksum) {
    response.headers.add("x-amz-checksum-" + std::string(header_suffix(shown)),
                         as_text(named ? s3.upload->checksum(shown) : part.checksum));
  }
  upload->parts.insert_or_assign(static_cast<unsigned>(*number), std::move(part));
  return response;
}

S3Service::Reply S3Service::complete_upload(S3Call& s3) {
  const std::string id = upload_id(s3);
  Bucket& bucket = *s3.bucket;
  CORDON_TRY(authorize(s3));
  ObjectVersion object;
  std::vector<UploadedPart> parts;
  std::vector<NamedPart> named;
  bool names_checksum = false;
  {
    std::lock_guard lock(bucket.mutex);
    const auto done = bucket.completed.find(id);
    if (done != bucket.completed.end()) {  // The client did not get the answer and asks again.
      return completion_response(s3, *done->second, bucket.versioning == BucketVersioning::enabled);
    }
    CORDON_TRY(const MultipartUpload* upload, find_upload(bucket, s3));
    CORDON_TRY(named, parse_completion(s3, upload->checksum.kind));
    CORDON_TRY(parts, pick_parts(*upload, named));
    object = upload->head;
    object.checksum = upload->checksum;
    names_checksum = upload->names_checksum;
  }
  CORDON_TRY(object.content, join(basics_, parts));
  const std::string announced = s3.header("x-amz-mp-object-size");
  if (!announced.empty() && parse_u64(announced) != object.content.size()) {
    return AwsError{400, "InvalidRequest",
                    "The provided 'x-amz-mp-object-size' header does not match what was computed"};
  }
  std::string digests;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    digests += parts[i].md5;
    object.parts.push_back({named[i].number, parts[i].content.size(),
                            names_checksum ? as_text(parts[i].checksum) : ""});
  }
  object.etag = hex(md5(as_bytes_of(digests))) + "-" + std::to_string(parts.size());
  object.checksum = combine(*object.checksum, parts);
  const std::string wanted =
      s3.header("x-amz-checksum-" + std::string(header_suffix(object.checksum->kind)));
  if (!wanted.empty() && wanted != object.checksum->value &&
      wanted + "-" + std::to_string(parts.size()) != object.checksum->value) {
    return AwsError{400, "BadDigest",
                    "The checksum you specified did not match the calculated checksum."};
  }
  const std::uint64_t bytes = object.content.size();
  Version stored;
  bool versioned = false;
  {
    std::lock_guard lock(bucket.mutex);
    const Version present = find_version(bucket, s3.address.key, "");
    CORDON_TRY(find_upload(bucket, s3));
    CORDON_TRY(authorize(s3, bucket, "s3:PutObject", s3.address.key, nullptr));
    CORDON_TRY(authorize_key(s3, bucket, object, "kms:Decrypt"));  // Of the parts.
    CORDON_TRY(check_write_conditions(s3.call.request, s3.address.key, present.get()));
    stored = insert(bucket, s3.address.key, std::move(object));
    bucket.uploads.erase(id);
    if (bucket.completed.size() >= kCompletedMax) bucket.completed.erase(bucket.completed.begin());
    auto receipt = std::make_shared<ObjectVersion>(*stored);
    receipt->content = Blob();  // Not to keep the bytes of what is deleted meanwhile.
    bucket.completed[id] = std::move(receipt);
    versioned = bucket.versioning == BucketVersioning::enabled;
    note_event(s3, bucket, "ObjectCreated:CompleteMultipartUpload", s3.address.key, stored.get(),
               bytes);
  }
  deliver_events(bucket);
  return completion_response(s3, *stored, versioned);
}

S3Service::Reply S3Service::abort_upload(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  std::lock_guard lock(s3.bucket->mutex);
  CORDON_TRY(find_upload(*s3.bucket, s3));
  s3.bucket->uploads.erase(upload_id(s3));
  return ServerResponse{.status = 204};
}

S3Service::Reply S3Service::list_parts(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  const auto most = std::min<std::uint64_t>(
      parse_u64(s3.param("max-parts").value_or("1000")).value_or(1000), 1000);
  const auto marker = parse_u64(s3.param("part-number-marker").value_or("0")).value_or(0);
  std::lock_guard lock(s3.bucket->mutex);
  CORDON_TRY(const MultipartUpload* upload, find_upload(*s3.bucket, s3));
  XmlWriter xml;
  xml.open("ListPartsResult", kS3Xmlns).text("Bucket", s3.address.bucket);
  xml.text("Key", s3.address.key).text("UploadId", upload_id(s3));
  xml.open("Owner").text("ID", owner_id()).close("Owner");
  xml.text("StorageClass", upload->head.storage_class).number("PartNumberMarker", marker);
  std::size_t count = 0;
  std::uint64_t last = marker;
  XmlWriter body;
  (void)body.take();
  bool more = false;
  for (const auto& [number, part] : upload->parts) {
    if (number <= marker) continue;
    if (count == most) {
      more = true;
      break;
    }
    ++count;
    last = number;
    body.open("Part").number("PartNumber", number);
    body.text("LastModified", rfc3339_ms(part.modified)).text("ETag", quoted_etag(etag_of(part)));
    body.number("Size", part.content.size());
    if (upload->names_checksum) {
      body.text(element_name(upload->checksum.kind), as_text(part.checksum));
    }
    body.close("Part");
  }
  xml.number("NextPartNumberMarker", last).number("MaxParts", most).flag("IsTruncated", more);
  if (upload->names_checksum) {
    xml.text("ChecksumAlgorithm", algorithm_name(upload->checksum.kind));
    xml.text("ChecksumType", upload->checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  return xml_response(xml.raw(body.take()).close("ListPartsResult").take());
}

S3Service::Reply S3Service::list_uploads(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  const auto most = std::min<std::uint64_t>(
      parse_u64(s3.param("max-uploads").value_or("1000")).value_or(1000), 1000);
  const std::string prefix(s3.param("prefix").value_or(""));
  const std::string key_marker(s3.param("key-marker").value_or(""));
  const std::string id_marker(s3.param("upload-id-marker").value_or(""));
  const bool url = s3.param("encoding-type") == "url";
  const auto shown = [&](const std::string& key) { return url ? encode_event_key(key) : key; };
  std::lock_guard lock(s3.bucket->mutex);
  std::map<std::pair<std::string, std::string>, const MultipartUpload*> ordered;
  for (const auto& [id, upload] : s3.bucket->uploads) ordered[{upload.key, id}] = &upload;
  XmlWriter body;
  (void)body.take();
  std::size_t count = 0;
  bool more = false;
  std::pair<std::string, std::string> last;
  for (const auto& [at, upload] : ordered) {
    if (!at.first.starts_with(prefix)) continue;
    if (!key_marker.empty() &&
        (at.first < key_marker ||
         (at.first == key_marker && (id_marker.empty() || at.second <= id_marker)))) {
      continue;
    }
    if (count == most) {
      more = true;
      break;
    }
    ++count;
    last = at;
    body.open("Upload").text("Key", shown(at.first)).text("UploadId", at.second);
    body.open("Initiator").text("ID", owner_id()).close("Initiator");
    body.open("Owner").text("ID", owner_id()).close("Owner");
    body.text("StorageClass", upload->head.storage_class);
    body.text("Initiated", rfc3339_ms(upload->started)).close("Upload");
  }
  XmlWriter xml;
  xml.open("ListMultipartUploadsResult", kS3Xmlns).text("Bucket", s3.address.bucket);
  xml.text("KeyMarker", shown(key_marker)).text("UploadIdMarker", id_marker);
  if (more) xml.text("NextKeyMarker", shown(last.first)).text("NextUploadIdMarker", last.second);
  xml.text("Prefix", shown(prefix)).number("MaxUploads", most).flag("IsTruncated", more);
  if (url) xml.text("EncodingType", "url");
  return xml_response(xml.raw(body.take()).close("ListMultipartUploadsResult").take());
}

}  // namespace cordon::cloud
