#include "quarantine/allow_list_document.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kEntriesMax = 10'000;

using MaybeDocument = std::optional<std::string>;

Error unusable(const std::string& why) {
  return Error{Errc::invalid, "the settings document cannot take an allow-list entry: " + why +
                                  "; correct it first"};
}

json::object json_of(const AllowEntry& entry) {
  json::object object{{"sha256", entry.sha256}, {"signature", entry.signature}};
  if (entry.bucket) object["bucket"] = entry.bucket->str();
  if (!entry.prefix.empty()) object["prefix"] = entry.prefix;
  if (entry.expires) object["expires"] = rfc3339_ms(*entry.expires);
  return object;
}

Result<json::object> parse(const std::optional<std::string>& present) {
  if (!present) return json::object{{"schema", 1}};
  if (present->size() > kAllowDocumentBytesMax) return unusable("it is too long");
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code failed;
  json::value document = json::parse(*present, failed, {}, options);
  if (failed) return unusable(failed.message());
  json::object* object = document.if_object();
  if (object == nullptr) return unusable("it is no object");
  return std::move(*object);
}

}  // namespace

Result<std::optional<std::string>> with_entries(const std::optional<std::string>& present,
                                                const std::vector<AllowEntry>& entries) {
  CORDON_TRY(json::object document, parse(present));
  json::value& member = document["allow"];
  if (member.is_null()) member = json::array();
  json::array* list = member.if_array();
  if (list == nullptr) return unusable("its \"allow\" is no list");
  bool changed = false;
  for (const AllowEntry& entry : entries) {
    const json::value line = json_of(entry);
    if (std::find(list->begin(), list->end(), line) != list->end()) continue;
    if (list->size() >= kEntriesMax) return unusable("its \"allow\" is full");
    list->push_back(line);
    changed = true;
  }
  if (!changed) return MaybeDocument();
  std::string written = json::serialize(document);
  if (written.size() > kAllowDocumentBytesMax) return unusable("it would be too long");
  return MaybeDocument(std::move(written));
}

}  // namespace cordon
