#include "aws/s3_catalogue.h"

#include <algorithm>

#include "aws/bounded_xml.h"
#include "aws/s3_request.h"
#include "aws/s3_xml.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr const char* kList = "ListObjectVersions";
// 1,000 entries with keys of 1,024 bytes, each byte written as %XX.
constexpr std::size_t kPageBytesMax = 8U << 20U;
constexpr std::size_t kEntriesMax = 1000;

// Keys are asked for in form-encoding, since XML cannot hold every character of a key.
Result<std::string> decode_text(const std::string& text, bool encoded) {
  if (!encoded) return text;
  Result<std::string> decoded = form_decode(text);
  if (!decoded) return broken_reply(kList, "a key that is not encoded as it says");
  return decoded;
}

Result<ObjectKey> decode_key(pugi::xml_node node, const char* name, bool encoded) {
  CORDON_TRY(std::string key, decode_text(text_of(node, name), encoded));
  if (key.empty()) return broken_reply(kList, "an entry without a key");
  return ObjectKey(std::move(key));
}

// A restore that is under way has no end yet; one that is over has gone from the list.
Archival archival_of(pugi::xml_node node) {
  const std::string storage_class = text_of(node, "StorageClass");
  if (storage_class != "GLACIER" && storage_class != "DEEP_ARCHIVE") return Archival::none;
  const pugi::xml_node restore = node.child("RestoreStatus");
  const bool is_readable = text_of(restore, "IsRestoreInProgress") == "false" &&
                           !text_of(restore, "RestoreExpiryDate").empty();
  return is_readable ? Archival::restored : Archival::archived;
}

Result<ListedVersion> decode_version(pugi::xml_node node, const BucketName& bucket, bool encoded) {
  ListedVersion version;
  CORDON_TRY(ObjectKey key, decode_key(node, "Key", encoded));
  std::string id = text_of(node, "VersionId");
  if (id.empty()) return broken_reply(kList, "an entry without a version");
  version.object = {bucket, std::move(key), VersionId(std::move(id))};
  version.etag = unquoted(text_of(node, "ETag"));
  if (!is_etag(version.etag)) return broken_reply(kList, "an entry without an ETag");
  const std::optional<std::uint64_t> bytes = parse_u64(text_of(node, "Size"));
  const Result<SystemTime> modified = parse_rfc3339(text_of(node, "LastModified"));
  if (!bytes || !modified) return broken_reply(kList, "an entry without size or time");
  version.bytes = *bytes;
  version.modified = *modified;
  version.is_current = text_of(node, "IsLatest") == "true";
  version.archival = archival_of(node);
  return version;
}

}  // namespace

Result<CataloguePage> decode_version_page(std::string_view xml, const BucketName& bucket) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, xml, kList, "ListVersionsResult", kPageBytesMax));
  const bool encoded = text_of(root, "EncodingType") == "url";
  CataloguePage page;
  for (const pugi::xml_node node : root.children("Version")) {
    if (page.versions.size() == kEntriesMax) return broken_reply(kList, "too many entries");
    CORDON_TRY(ListedVersion version, decode_version(node, bucket, encoded));
    page.versions.push_back(std::move(version));
  }
  const std::string truncated = text_of(root, "IsTruncated");
  if (truncated == "false") return page;
  if (truncated != "true") return broken_reply(kList, "it does not say whether more follows");
  CORDON_TRY(ObjectKey key, decode_key(root, "NextKeyMarker", encoded));
  page.next = CatalogueCursor{std::move(key)};
  std::string version = text_of(root, "NextVersionIdMarker");
  if (!version.empty()) page.next->version = VersionId(std::move(version));
  return page;
}

Result<CataloguePage> S3Catalogue::list(const CatalogueQuery& query, Deadline deadline,
                                        std::stop_token stop) {
  AwsCall call{
      .service = AwsService::s3, .operation = kList, .method = "GET", .bucket = query.bucket};
  call.query = {{"versions", ""},
                {"encoding-type", "url"},
                {"max-keys", std::to_string(std::clamp<std::size_t>(query.count_max, 1, 1000))}};
  // Takes no other right; a store that does not know it leaves the answer out.
  call.headers.add("x-amz-optional-object-attributes", "RestoreStatus");
  if (!query.prefix.empty()) call.query.emplace_back("prefix", query.prefix);
  if (query.after) {
    call.query.emplace_back("key-marker", query.after->key.str());
    if (query.after->version) {
      call.query.emplace_back("version-id-marker", query.after->version->str());
    }
  }
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop)));
  return decode_version_page(response.body, query.bucket);
}

Result<ETag> S3Catalogue::write(const ObjectRef& place, const std::string& document,
                                const std::optional<ETag>& if_match, Deadline deadline,
                                std::stop_token stop) {
  AwsCall call = s3_call_with_body("PutObject", "PUT", place, document);
  call.headers.remove("Content-Type");
  call.headers.add("Content-Type", "application/json");
  call.headers.add(if_match ? "If-Match" : "If-None-Match", if_match ? quoted(*if_match) : "*");
  Result<HttpResponse> response = client_.call(call, deadline, std::move(stop));
  if (!response) {
    // With If-Match, S3 answers 404 when the document is gone.
    Error error = response.error();
    if (error.remote_code == "NoSuchKey") error.code = Errc::changed;
    return error;
  }
  ETag etag = unquoted(response->headers.get("etag").value_or(""));
  if (!is_etag(etag)) return broken_reply("PutObject", "no ETag");
  return etag;
}

}  // namespace cordon
