// The documents of quarantined_objects.h.

#include <boost/json.hpp>

#include "base/text.h"
#include "operations/quarantined_objects.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownKeyBytesMax = 1024;

template <typename Id>
json::value text_of(const std::optional<Id>& id) {
  return id ? json::value(id->str()) : json::value(nullptr);
}
json::value text_of(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}
json::value time_of(const std::optional<SystemTime>& time) {
  return time ? json::value(rfc3339_ms(*time)) : json::value(nullptr);
}

json::object record_document(const QuarantineRecord& record) {
  json::array signatures(record.signatures.begin(), record.signatures.end());
  const auto& original = record.original;
  return json::object{
      {"schema", "cordon.quarantine/1"},
      {"id", quarantine_id(record.stored)},
      {"bucket", original ? json::value(original->bucket.str()) : json::value(nullptr)},
      {"key", original ? json::value(utf8_clean(original->key.str(), kShownKeyBytesMax))
                       : json::value(nullptr)},
      {"versionId", text_of(record.original_version)},
      {"eTag", text_of(record.original_etag)},
      {"result", record.result ? json::value(name_of(*record.result)) : json::value(nullptr)},
      {"reason", record.reason ? json::value(name_of(*record.reason)) : json::value(nullptr)},
      {"virusNames", std::move(signatures)},
      {"sha256", text_of(record.sha256)},
      {"scannedAt", time_of(record.time)},
      {"resultId", text_of(record.result_id)},
      {"quarantine", json::object{{"bucket", record.stored.bucket.str()},
                                  {"key", record.stored.key.str()},
                                  {"versionId", text_of(record.stored.version)}}}};
}

}  // namespace

json::object document_of(const QuarantineEntry& entry) {
  json::object document = record_document(entry.record);
  document["size"] = entry.bytes;
  document["quarantinedAt"] = rfc3339_ms(entry.moved_at);
  document["unread"] = entry.unread ? json::value(shown(entry.unread->what)) : json::value(nullptr);
  return document;
}

json::object document_of(const Restored& restored) {
  json::object document = record_document(restored.record);
  document["restored"] = json::object{{"bucket", restored.place.bucket.str()},
                                      {"key", restored.place.key.str()},
                                      {"versionId", text_of(restored.place.version)},
                                      {"eTag", restored.etag.str()}};
  json::array listed;
  for (const AllowEntry& entry : restored.listed) {
    listed.push_back(json::object{{"sha256", entry.sha256},
                                  {"signature", entry.signature},
                                  {"expires", time_of(entry.expires)}});
  }
  document["allowListed"] = std::move(listed);
  return document;
}

json::object document_of(const QuarantineDeletion& deletion) {
  return json::object{{"schema", "cordon.quarantine-deletion/1"},
                      {"id", quarantine_id(deletion.stored)}, {"deleted", true}};
}

}  // namespace cordon
