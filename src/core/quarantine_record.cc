#include "core/quarantine_record.h"

#include <algorithm>

#include "base/text.h"
#include "core/allow_mark.h"
#include "core/allowing.h"
#include "core/provenance.h"

namespace cordon {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kIdBytesMax = 8192;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::string_view kBase64 = "base64:";

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

// A value of at most so many printable characters; none otherwise.
std::optional<std::string> field(const std::map<std::string, std::string>& metadata,
                                 const char* name, std::size_t bytes_max) {
  const auto found = metadata.find(name);
  if (found == metadata.end() || found->second.empty() || found->second.size() > bytes_max ||
      !is_printable(found->second)) {
    return std::nullopt;
  }
  return found->second;
}

bool is_key(const std::string& key) {
  return !key.empty() && key.size() <= kKeyBytesMax && is_utf8(key);
}

std::optional<ObjectKey> told_key(const std::map<std::string, std::string>& metadata) {
  const auto text = field(metadata, "cordon-key", kMetadataBytesMax);
  if (!text) return std::nullopt;
  Result<std::string> key = text->starts_with(kBase64)
                                ? unbase64(std::string_view(*text).substr(kBase64.size()))
                                : percent_decode(*text);
  if (!key || !is_key(*key)) return std::nullopt;
  return ObjectKey(*std::move(key));
}

// What a key ends with that was cut, or that is beside another one.
std::optional<std::string> mark_at_end(std::string_view key) {
  const std::size_t mark = key.rfind('~') + 1;
  if (mark == 0 || !is_mark(key.substr(mark))) return std::nullopt;
  return std::string(key.substr(mark));
}

// Beside another one it lies under a mark of what it was made from, or of its result: any other end
// would fit every key that begins alike.
bool is_own_mark(const std::string& mark, const std::map<std::string, std::string>& metadata) {
  const auto id = field(metadata, kMetaResultId, 64);
  return field(metadata, kMetaFrom, 64) == mark || (id && result_mark(*id) == mark);
}

// What was cut is as long as a key can be (less the rest of a character).
bool may_be_cut(std::string_view key) { return key.size() + 3 >= kKeyBytesMax; }

std::optional<ObjectRef> original_place(const ObjectKey& stored,
                                        const std::map<std::string, std::string>& metadata) {
  const std::string& text = stored.str();
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) return std::nullopt;
  const BucketName bucket(text.substr(0, slash));
  const ObjectRef literal{bucket, ObjectKey(text.substr(slash + 1))};
  const std::optional<std::string> mark = mark_at_end(text);
  if (!mark) return literal;
  const std::optional<ObjectKey> key = told_key(metadata);
  if (!key) return std::nullopt;  // Its own end, a cut, or what was put beside: nothing says.
  const ObjectRef told{bucket, *key};
  if (quarantine_key(told) == stored) return told;
  if (is_own_mark(*mark, metadata) && quarantine_key_beside(told, *mark) == stored) return told;
  if (may_be_cut(text)) return std::nullopt;
  return literal;
}

std::optional<std::string> digest_in(const std::map<std::string, std::string>& metadata) {
  const auto text = field(metadata, kMetaSha256, 64);
  if (!text || text->size() != 64 || !unhex(*text).ok()) return std::nullopt;
  return lower(*text);
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kNameBytesMax && is_utf8(text) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

// Every name in percent-encoding and parted by commas, or else the first one as it is.
void read_signatures(const std::map<std::string, std::string>& metadata, QuarantineRecord& record) {
  const auto count = field(metadata, kMetaSignatureCount, 4);
  const std::size_t told = static_cast<std::size_t>(count ? parse_u64(*count).value_or(0) : 1);
  if (const auto all = field(metadata, kMetaSignatures, kMetadataBytesMax)) {
    std::string_view rest = *all;
    while (!rest.empty() && record.signatures.size() < kSignaturesNamedMax) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const Result<std::string> name = percent_decode(rest.substr(0, comma));
      if (name && is_name(*name)) record.signatures.push_back(*name);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  } else if (const auto first = field(metadata, kMetaSignature, kNameBytesMax)) {
    record.signatures.push_back(*first);
  }
  record.all_signatures =
      record.signatures.size() >= told && record.signatures.size() < kSignaturesNamedMax;
}

}  // namespace

QuarantineRecord read_record(const ObjectRef& stored,
                             const std::map<std::string, std::string>& metadata) {
  QuarantineRecord record{.stored = stored};
  record.original = original_place(stored.key, metadata);
  if (const auto version = field(metadata, "cordon-version", kKeyBytesMax)) {
    record.original_version = VersionId(*version);
  }
  if (const auto etag = field(metadata, "cordon-etag", kNameBytesMax)) {
    record.original_etag = ETag(*etag);
  }
  record.sha256 = digest_in(metadata);
  read_signatures(metadata, record);
  if (const auto result = field(metadata, kMetaResult, 32)) {
    record.result = parse_disposition(*result);
  }
  if (const auto reason = field(metadata, kMetaReason, 32)) record.reason = parse_reason(*reason);
  if (const auto time = field(metadata, "cordon-time", 40)) {
    const Result<SystemTime> parsed = parse_rfc3339(*time);
    if (parsed) record.time = *parsed;
  }
  record.result_id = field(metadata, kMetaResultId, 64);
  return record;
}

std::string quarantine_id(const ObjectRef& stored) {
  const std::string version = stored.version ? stored.version->str() : "null";
  return percent_encode(version, false) + ":" + percent_encode(stored.key.str(), true);
}

Result<ObjectRef> parse_quarantine_id(std::string_view id, const BucketName& quarantine) {
  const Error wrong{Errc::invalid,
                    "\"" + utf8_clean(id, 200) +
                        "\" is no id of the quarantine, which looks like VERSION:BUCKET/KEY; "
                        "take it from: cordon quarantine list"};
  const std::size_t colon = id.find(':');
  if (id.size() > kIdBytesMax || !is_printable(id) || colon == std::string_view::npos) return wrong;
  Result<std::string> version = percent_decode(id.substr(0, colon));
  Result<std::string> key = percent_decode(id.substr(colon + 1));
  if (!version || version->empty() || version->size() > kKeyBytesMax || !is_printable(*version)) {
    return wrong;
  }
  if (!key || !is_key(*key) || key->starts_with(kOwnPrefix)) return wrong;
  return ObjectRef{quarantine, ObjectKey(*std::move(key)), VersionId(*std::move(version))};
}

}  // namespace cordon
