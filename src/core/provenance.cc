#include "core/provenance.h"

#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kDigestChars = 32;
constexpr std::size_t kSignatureBytesMax = 128;

std::string short_digest(std::string_view text) {
  return hex(sha256(text)).substr(0, kDigestChars);
}

std::string encoded_key(const ObjectKey& key) {
  std::string percent = percent_encode(key.str(), /*keep_slash=*/true);
  std::string base = "base64:" + base64(as_bytes_of(key.str()));
  return percent.size() <= 512 || percent.size() <= base.size() ? percent : base;
}

// Header values: ASCII, no controls.
std::string header_text(std::string_view text, std::size_t bytes_max) {
  std::string out(text.substr(0, bytes_max));
  for (char& c : out) {
    if (c < ' ' || c >= '\x7f') c = '_';
  }
  return out;
}

// Percent-encoded and parted by commas; empty when the first name as a header says it all.
std::string all_signatures(const Provenance& from) {
  const bool plain = from.signatures.size() <= 1 &&
                     header_text(from.signature, kSignatureBytesMax) == from.signature;
  if (plain) return "";
  std::string all;
  for (const std::string& name : from.signatures) {
    all += (all.empty() ? "" : ",") + percent_encode(name, /*keep_slash=*/true);
  }
  return all;
}

}  // namespace

bool pins_bytes(const std::optional<VersionId>& version) {
  return version && version->str() != "null";
}

ObjectKey quarantine_key(const ObjectRef& object) {
  std::string key = object.bucket.str() + "/" + object.key.str();
  if (key.size() <= kKeyBytesMax) return ObjectKey(std::move(key));
  const std::string tail = "~" + short_digest(object.key.str());
  return ObjectKey(utf8_clean(key, kKeyBytesMax - tail.size()) + tail);
}

std::string quarantine_keys_beside(const ObjectRef& object) {
  const std::string key = object.bucket.str() + "/" + object.key.str();
  return utf8_clean(key, kKeyBytesMax - kDigestChars - 1) + "~";
}

ObjectKey quarantine_key_beside(const ObjectRef& object, const std::string& mark) {
  return ObjectKey(quarantine_keys_beside(object) + mark);
}

std::string source_mark(const ObjectRef& object, const ETag& etag) {
  // NUL parts the fields: no bucket, version or ETag contains one.
  const std::string state =
      pins_bytes(object.version) ? "v" + object.version->str() : "e" + etag.str();
  return short_digest(object.bucket.str() + '\0' + state + '\0' + object.key.str());
}

std::string result_mark(const std::string& result_id) { return short_digest(result_id); }

bool is_mark(std::string_view text) { return text.size() == kDigestChars && unhex(text).ok(); }

std::string place_mark(const BucketName& bucket, const ObjectKey& key) {
  return short_digest(bucket.str() + '\0' + key.str());
}

std::string arrival_mark(const BucketName& bucket, const ObjectKey& key,
                         const std::string& result) {
  return short_digest(bucket.str() + '\0' + key.str() + '\0' + result);
}

bool counts_hops(const std::map<std::string, std::string>& metadata) {
  return metadata.contains(kMetaAt) && metadata.contains(kMetaResult) &&
         metadata.contains(kMetaHops);
}

std::uint64_t hops_until(const std::map<std::string, std::string>& metadata,
                         const ObjectRef& place) {
  if (!counts_hops(metadata)) return 0;
  const std::string arrived = arrival_mark(place.bucket, place.key, metadata.at(kMetaResult));
  if (metadata.at(kMetaAt) != arrived) return 0;
  return parse_u64(metadata.at(kMetaHops)).value_or(0);
}

std::map<std::string, std::string> copy_metadata(const Provenance& from, const BucketName& to,
                                                 const ObjectKey& to_key) {
  std::map<std::string, std::string> metadata = {
      {kMetaFrom, source_mark(from.object, from.etag)},
      {kMetaAt, arrival_mark(to, to_key, from.result)},
      {kMetaHops, std::to_string(from.hops + 1)},
      {kMetaResultId, from.result_id},
      {kMetaResult, from.result},
  };
  if (!from.reason.empty()) metadata.emplace(kMetaReason, from.reason);
  return metadata;
}

std::map<std::string, std::string> quarantine_metadata(
    const Provenance& from, const BucketName& to, const ObjectKey& to_key,
    const std::map<std::string, std::string>& present) {
  std::map<std::string, std::string> metadata = copy_metadata(from, to, to_key);
  std::size_t bytes = 0;
  for (const auto& [name, value] : metadata) bytes += name.size() + value.size();
  for (const auto& [name, value] : present) {
    if (!name.starts_with("cordon-")) bytes += name.size() + value.size();
  }
  // The most needed first.
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {kMetaSha256, from.sha256},
      {"cordon-bucket", from.object.bucket.str()},
      {"cordon-key", encoded_key(from.object.key)},
      {"cordon-version", from.object.version ? from.object.version->str() : ""},
      {"cordon-etag", from.etag.str()},
      {kMetaSignature, from.signature},
      {kMetaSignatureCount,
       from.signatures.size() > 1 ? std::to_string(from.signatures.size()) : ""},
      {kMetaSignatures, all_signatures(from)},
      {"cordon-time", rfc3339_ms(from.time)},
  };
  for (const auto& [name, value] : wanted) {
    // Text that does not fit is left out below, never cut.
    const std::string text = header_text(
        value, name == std::string_view(kMetaSignature) ? kSignatureBytesMax : value.size());
    if (text.empty() || bytes + name.size() + text.size() > kMetadataBytesMax) continue;
    bytes += name.size() + text.size();
    metadata.emplace(name, text);
  }
  return metadata;
}

}  // namespace cordon
