#include <algorithm>

#include "base/text.h"
#include "devcloud/s3/s3.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

constexpr std::uint64_t kPageMax = 1000;

struct Listing {
  std::string prefix;
  std::string delimiter;
  bool url = false;
  std::uint64_t most = kPageMax;

  std::string shown(const std::string& text) const { return url ? encode_event_key(text) : text; }
  // The folder that a key folds into; empty: it stands for itself.
  std::string folder_of(const std::string& key) const {
    if (delimiter.empty()) return {};
    const std::size_t at = key.find(delimiter, prefix.size());
    return at == std::string::npos ? std::string() : key.substr(0, at + delimiter.size());
  }
};

Answer<Listing> parse_listing(const S3Call& s3) {
  Listing out;
  out.prefix = s3.param("prefix").value_or("");
  out.delimiter = s3.param("delimiter").value_or("");
  if (const auto encoding = s3.param("encoding-type")) {
    if (*encoding != "url") {
      return AwsError{400, "InvalidArgument", "Invalid Encoding Method specified in Request"};
    }
    out.url = true;
  }
  if (const auto most = s3.param("max-keys"); most && !most->empty()) {
    const auto number = parse_u64(*most);
    if (!number || *number > 0x7FFFFFFF) {
      return AwsError{400, "InvalidArgument",
                      "Provided max-keys not an integer or within integer range"};
    }
    out.most = std::min(*number, kPageMax);
  }
  return out;
}

// One page of current objects and folders. `after` is exclusive; when it names a folder, the whole
// folder lies behind.
struct Page {
  std::vector<std::pair<std::string, Version>> objects;
  std::vector<std::string> folders;
  bool more = false;
  std::string last;
};

Page take_page(const Bucket& bucket, const Listing& listing, const std::string& after) {
  Page page;
  auto at = std::max(after, listing.prefix) == after && !after.empty()
                ? bucket.objects.upper_bound(after)
                : bucket.objects.lower_bound(listing.prefix);
  const bool after_folder = !after.empty() && listing.folder_of(after) == after;
  std::uint64_t count = 0;
  for (; at != bucket.objects.end() && at->first.starts_with(listing.prefix); ++at) {
    const Version& latest = at->second.back();
    if (latest->delete_marker) continue;
    const std::string folder = listing.folder_of(at->first);
    if (!folder.empty() && (folder == page.last || (after_folder && folder == after))) continue;
    if (count == listing.most) {
      page.more = count > 0;
      break;
    }
    ++count;
    if (folder.empty()) {
      page.objects.emplace_back(at->first, latest);
      page.last = at->first;
    } else {
      page.folders.push_back(folder);
      page.last = folder;
    }
  }
  return page;
}

void write_object(XmlWriter& xml, const Listing& listing, const std::string& key,
                  const ObjectVersion& object, const std::string& owner) {
  xml.text("Key", listing.shown(key)).text("LastModified", rfc3339_ms(object.modified));
  xml.text("ETag", quoted_etag(object.etag));
  if (object.checksum) {
    xml.text("ChecksumAlgorithm", algorithm_name(object.checksum->kind));
    xml.text("ChecksumType", object.checksum->composite ? "COMPOSITE" : "FULL_OBJECT");
  }
  xml.number("Size", object.content.size());
  if (!owner.empty()) xml.open("Owner").text("ID", owner).close("Owner");
  xml.text("StorageClass", object.storage_class);
}

void write_folders(XmlWriter& xml, const Listing& listing,
                   const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    xml.open("CommonPrefixes").text("Prefix", listing.shown(folder)).close("CommonPrefixes");
  }
}

void write_head(XmlWriter& xml, const Listing& listing, const std::string& bucket, bool more) {
  xml.text("Name", bucket).text("Prefix", listing.shown(listing.prefix));
  if (!listing.delimiter.empty()) xml.text("Delimiter", listing.shown(listing.delimiter));
  xml.number("MaxKeys", listing.most);
  if (listing.url) xml.text("EncodingType", "url");
  xml.flag("IsTruncated", more);
}

}  // namespace

S3Service::Reply S3Service::list_objects(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  CORDON_TRY(const Listing listing, parse_listing(s3));
  const std::string marker(s3.param("marker").value_or(""));
  std::lock_guard lock(s3.bucket->mutex);
  const Page page = take_page(*s3.bucket, listing, marker);
  XmlWriter xml;
  xml.open("ListBucketResult", kS3Xmlns);
  write_head(xml, listing, s3.bucket->name, page.more);
  xml.text("Marker", listing.shown(marker));
  if (page.more && !listing.delimiter.empty()) xml.text("NextMarker", listing.shown(page.last));
  for (const auto& [key, object] : page.objects) {
    xml.open("Contents");
    write_object(xml, listing, key, *object, owner_id());
    xml.close("Contents");
  }
  write_folders(xml, listing, page.folders);
  ServerResponse response = xml_response(xml.close("ListBucketResult").take());
  response.headers.add("x-amz-bucket-region", s3.bucket->region);
  return response;
}

S3Service::Reply S3Service::list_objects_v2(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  if (s3.param("list-type") != "2") {
    return AwsError{400, "InvalidArgument", "Invalid List Type specified in Request"};
  }
  CORDON_TRY(const Listing listing, parse_listing(s3));
  const std::string start(s3.param("start-after").value_or(""));
  const auto token = s3.param("continuation-token");
  std::string after = start;
  if (token) {
    const Result<std::string> decoded = unbase64(*token);
    if (!decoded || decoded->empty()) {
      return AwsError{400, "InvalidArgument", "The continuation token provided is incorrect"};
    }
    after = *decoded;
  }
  const std::string owner = s3.param("fetch-owner") == "true" ? owner_id() : "";
  std::lock_guard lock(s3.bucket->mutex);
  const Page page = take_page(*s3.bucket, listing, after);
  XmlWriter xml;
  xml.open("ListBucketResult", kS3Xmlns);
  write_head(xml, listing, s3.bucket->name, page.more);
  xml.number("KeyCount", page.objects.size() + page.folders.size());
  if (!start.empty()) xml.text("StartAfter", listing.shown(start));
  if (token) xml.text("ContinuationToken", *token);
  if (page.more) xml.text("NextContinuationToken", base64(as_bytes_of(page.last)));
  for (const auto& [key, object] : page.objects) {
    xml.open("Contents");
    write_object(xml, listing, key, *object, owner);
    xml.close("Contents");
  }
  write_folders(xml, listing, page.folders);
  ServerResponse response = xml_response(xml.close("ListBucketResult").take());
  response.headers.add("x-amz-bucket-region", s3.bucket->region);
  return response;
}

S3Service::Reply S3Service::list_versions(S3Call& s3) {
  CORDON_TRY(authorize(s3));
  CORDON_TRY(const Listing listing, parse_listing(s3));
  const std::string key_marker(s3.param("key-marker").value_or(""));
  const std::string id_marker(s3.param("version-id-marker").value_or(""));
  std::lock_guard lock(s3.bucket->mutex);
  const auto& objects = s3.bucket->objects;
  auto at = objects.lower_bound(std::max(key_marker, listing.prefix));
  const bool after_folder = !key_marker.empty() && listing.folder_of(key_marker) == key_marker;
  XmlWriter body;
  (void)body.take();
  std::vector<std::string> folders;
  std::uint64_t count = 0;
  bool more = false;
  std::pair<std::string, std::string> last;
  for (; at != objects.end() && at->first.starts_with(listing.prefix) && !more; ++at) {
    const std::string folder = listing.folder_of(at->first);
    if (!folder.empty()) {
      if ((!folders.empty() && folders.back() == folder) ||
          (after_folder && folder == key_marker)) {
        continue;
      }
      if (count == listing.most) {
        more = true;
        break;
      }
      ++count;
      folders.push_back(folder);
      last = {folder, ""};
      continue;
    }
    // On the marker's own key, begin behind the marker's version.
    bool begun = at->first != key_marker;
    for (auto version = at->second.rbegin(); version != at->second.rend(); ++version) {
      const ObjectVersion& one = **version;
      if (!begun) {
        begun = one.id == id_marker;
        continue;
      }
      if (count == listing.most) {
        more = true;
        break;
      }
      ++count;
      last = {at->first, one.id};
      const char* element = one.delete_marker ? "DeleteMarker" : "Version";
      body.open(element);
      if (one.delete_marker) {
        body.text("Key", listing.shown(at->first)).text("LastModified", rfc3339_ms(one.modified));
        body.open("Owner").text("ID", owner_id()).close("Owner");
      } else {
        write_object(body, listing, at->first, one, owner_id());
      }
      body.text("VersionId", one.id).flag("IsLatest", version == at->second.rbegin());
      body.close(element);
    }
  }
  more = more && listing.most > 0;
  XmlWriter xml;
  xml.open("ListVersionsResult", kS3Xmlns);
  write_head(xml, listing, s3.bucket->name, more);
  xml.text("KeyMarker", listing.shown(key_marker)).text("VersionIdMarker", id_marker);
  if (more) {
    xml.text("NextKeyMarker", listing.shown(last.first));
    if (!last.second.empty()) xml.text("NextVersionIdMarker", last.second);
  }
  xml.raw(body.take());
  write_folders(xml, listing, folders);
  return xml_response(xml.close("ListVersionsResult").take());
}

}  // namespace cordon::cloud
