#include "aws/s3_headers.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "aws/bounded_xml.h"
#include "aws/s3_xml.h"
#include "base/text.h"
#include "core/copied_metadata.h"

namespace cordon {
namespace {

constexpr std::string_view kMetadataPrefix = "x-amz-meta-";
constexpr std::string_view kRead = "GetObject";

struct ChecksumHeader {
  const char* name;
  ObjectChecksum::Algorithm algorithm;
  std::size_t bytes;
};

// The strongest first: S3 sends one, others may send more. What is not here is passed over: there
// are new ones every year, and one that we cannot compute is no reason to doubt the content.
constexpr std::array<ChecksumHeader, 7> kChecksums{{
    {"x-amz-checksum-sha512", ObjectChecksum::Algorithm::sha512, 64},
    {"x-amz-checksum-sha256", ObjectChecksum::Algorithm::sha256, 32},
    {"x-amz-checksum-sha1", ObjectChecksum::Algorithm::sha1, 20},
    {"x-amz-checksum-crc64nvme", ObjectChecksum::Algorithm::crc64nvme, 8},
    {"x-amz-checksum-md5", ObjectChecksum::Algorithm::md5, 16},
    {"x-amz-checksum-crc32c", ObjectChecksum::Algorithm::crc32c, 4},
    {"x-amz-checksum-crc32", ObjectChecksum::Algorithm::crc32, 4},
}};

// The classes that an ordinary bucket can hold; STANDARD is what no header means. One of a special
// bucket type (directory buckets, Outposts) would be refused elsewhere, so such a copy gets the
// default class.
constexpr std::array<std::string_view, 7> kStorageClasses{
    "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA",  "INTELLIGENT_TIERING",
    "GLACIER_IR",         "GLACIER",     "DEEP_ARCHIVE"};

constexpr std::array<std::string_view, 7> kCarried{"content-type",
                                                   "cache-control",
                                                   "content-disposition",
                                                   "content-encoding",
                                                   "content-language",
                                                   "expires",
                                                   "x-amz-website-redirect-location"};

// "bytes 100-199/1234"
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t total = 0;
};

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) {
    return std::nullopt;
  }
  const auto first = parse_u64(text.substr(0, dash));
  const auto last = parse_u64(text.substr(dash + 1, slash - dash - 1));
  const auto total = parse_u64(text.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{*first, *total};
}

Result<std::uint64_t> decode_length(const HttpResponse& response, std::uint64_t offset) {
  if (offset == 0) {
    const auto header = response.headers.get("content-length");
    const auto length = header ? parse_u64(*header) : std::nullopt;
    if (!length) return broken_reply(kRead, "no Content-Length");
    return *length;
  }
  const auto header = response.headers.get("content-range");
  const auto range = header ? parse_content_range(*header) : std::nullopt;
  if (response.status != 206 || !range || range->first != offset) {
    return broken_reply(kRead, "it does not start at byte " + std::to_string(offset));
  }
  return range->total;
}

Result<ETag> decode_etag(const Headers& headers) {
  ETag etag = unquoted(headers.get("etag").value_or(""));
  if (!is_etag(etag)) return broken_reply(kRead, "no ETag");
  return etag;
}

using MaybeChecksum = std::optional<ObjectChecksum>;

Result<MaybeChecksum> decode_checksum(const Headers& headers) {
  const auto type = headers.get("x-amz-checksum-type");
  if (type && *type != "FULL_OBJECT") return MaybeChecksum();
  for (const ChecksumHeader& known : kChecksums) {
    const auto value = headers.get(known.name);
    // "-N" ends a checksum of N parts' checksums.
    if (!value || value->find('-') != std::string_view::npos) continue;
    const Result<std::string> bytes = unbase64(*value);
    if (!bytes || bytes->size() != known.bytes) {
      return broken_reply(kRead, std::string("malformed ") + known.name);
    }
    return MaybeChecksum(ObjectChecksum{known.algorithm, std::string(*value)});
  }
  return MaybeChecksum();
}

using MaybeVersion = std::optional<VersionId>;

Result<MaybeVersion> decode_version(const Headers& headers, const ObjectRef& object) {
  const std::string_view said = headers.get("x-amz-version-id").value_or("");
  if (said.empty()) return object.version;
  if (object.version && object.version->str() != said) {
    return Error{Errc::changed, "the store answered for version " + utf8_clean(said, 128) + " of " +
                                    to_string(object)};
  }
  return MaybeVersion(VersionId(std::string(said)));
}

// Only one part, encrypted by nobody or by S3 itself, has its MD5 for an ETag. Everything that is
// not known to be so counts as unknown: a false alarm would stop a good object.
bool is_md5_etag(const ETag& etag, const Headers& headers) {
  const std::string_view encryption = headers.get("x-amz-server-side-encryption").value_or("");
  if (!encryption.empty() && encryption != "AES256") return false;
  if (headers.has("x-amz-server-side-encryption-customer-algorithm")) return false;
  if (headers.get("x-amz-storage-class") == "EXPRESS_ONEZONE") return false;
  return etag.str().size() == 32 && unhex(etag.str()).ok();
}

bool is_field_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

bool is_field_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::map<std::string, std::string> decode_metadata(const Headers& headers) {
  std::map<std::string, std::string> metadata;
  for (const auto& [name, value] : headers.all()) {
    std::string key = lower(name);
    if (!key.starts_with(kMetadataPrefix)) continue;
    key.erase(0, kMetadataPrefix.size());
    const auto [field, is_new] = metadata.emplace(std::move(key), value);
    if (!is_new) field->second += "," + value;
  }
  return metadata;
}

}  // namespace

Result<ObjectHead> decode_object_head(const HttpResponse& response, const ObjectRef& object,
                                      std::uint64_t offset) {
  const Headers& headers = response.headers;
  ObjectHead head;
  CORDON_TRY(head.bytes, decode_length(response, offset));
  CORDON_TRY(head.etag, decode_etag(headers));
  head.etag_is_md5 = is_md5_etag(head.etag, headers);
  CORDON_TRY(head.version, decode_version(headers, object));
  if (const auto modified = headers.get("last-modified")) {
    const Result<SystemTime> time = parse_http_date(*modified);
    if (!time) return broken_reply(kRead, "malformed Last-Modified");
    head.modified = *time;
  }
  // What a server says about a range may be the range's own checksum.
  if (offset == 0) {
    CORDON_TRY(head.checksum, decode_checksum(headers));
  }
  if (const auto count = headers.get("x-amz-tagging-count")) {
    const auto number = parse_u64(*count);
    if (!number || *number > 1000) return broken_reply(kRead, "malformed x-amz-tagging-count");
    head.tag_count = static_cast<std::size_t>(*number);
  }
  head.metadata = decode_metadata(headers);
  return head;
}

Headers carried_headers(const Headers& source) {
  Headers carried;
  for (const std::string_view name : kCarried) {
    const auto value = source.get(name);
    if (value && !value->empty()) carried.add(std::string(name), std::string(*value));
  }
  const auto storage_class = source.get("x-amz-storage-class");
  if (storage_class && std::find(kStorageClasses.begin(), kStorageClasses.end(), *storage_class) !=
                           kStorageClasses.end()) {
    carried.add("x-amz-storage-class", std::string(*storage_class));
  }
  return carried;
}

Result<std::map<std::string, std::string>> merged_metadata(
    const std::map<std::string, std::string>& source,
    const std::map<std::string, std::string>& added) {
  for (const auto& [name, value] : added) {
    if (is_field_name(name) && is_field_text(value)) continue;
    return Error{Errc::invalid, "metadata that cannot stand in a header: " + utf8_clean(name, 128)};
  }
  return copied_metadata(source, added);
}

std::string copy_source(const ObjectRef& object) {
  std::string source =
      "/" + object.bucket.str() + "/" + percent_encode(object.key.str(), /*keep_slash=*/true);
  if (object.version) source += "?versionId=" + percent_encode(object.version->str(), false);
  return source;
}

}  // namespace cordon
