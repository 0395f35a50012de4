#include "core/scan_result.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

// Texts come from strangers; a document with broken UTF-8 would be refused as a whole.
json::value text(std::string_view value) {
  if (is_utf8(value)) return json::string(value.data(), value.size());
  return json::value(utf8_clean(value, value.size() * 3));
}

json::value text_or_null(const std::optional<std::string>& value) {
  return value ? text(*value) : json::value(nullptr);
}

template <typename Tag>
json::value id_or_null(const std::optional<StrongId<Tag>>& value) {
  return value ? text(value->str()) : json::value(nullptr);
}

json::array actions_of(const ScanResult& result) {
  json::array actions;
  for (const ActionRecord& action : result.actions) {
    json::object entry{{"kind", name_of(action.kind)}};
    if (action.bucket) entry["bucket"] = text(action.bucket->str());
    if (action.key) entry["key"] = text(action.key->str());
    entry["status"] = name_of(action.status);
    if (action.detail) entry["detail"] = text(*action.detail);
    actions.push_back(std::move(entry));
  }
  return actions;
}

json::array names_of(const Verdict& verdict) {
  json::array names;
  for (const std::string& name : verdict.virus_names) names.push_back(text(name));
  return names;
}

}  // namespace

std::string_view name_of(EventSource source) {
  switch (source) {
    case EventSource::s3_event:
      return "s3-event";
    case EventSource::eventbridge:
      return "eventbridge";
    case EventSource::gateway:
      return "gateway";
    case EventSource::retro:
      return "retro";
    case EventSource::cli:
      return "cli";
  }
  return "s3-event";
}

std::string_view name_of(ActionStatus status) {
  switch (status) {
    case ActionStatus::done:
      return "done";
    case ActionStatus::pending:
      return "pending";
    case ActionStatus::failed:
      return "failed";
    case ActionStatus::skipped:
      return "skipped";
    case ActionStatus::held:
      return "held";
  }
  return "failed";
}

std::string_view name_of(TaggingState state) {
  switch (state) {
    case TaggingState::off:
      return "off";
    case TaggingState::done:
      return "done";
    case TaggingState::no_room:
      return "no-room";
    case TaggingState::failed:
      return "failed";
  }
  return "failed";
}

// The members stand in the order of docs/formats/scan-result.md: people read these lines too.
std::string to_json(const ScanResult& result) {
  json::object line;
  line["schema"] = kScanResultSchema;
  line["id"] = text(result.id);
  line["deployment"] = text(result.deployment);
  line["account"] = id_or_null(result.account);
  line["region"] = id_or_null(result.region);
  line["agent"] = text(result.agent);
  line["source"] = name_of(result.source);
  line["bucket"] = id_or_null(result.bucket);
  line["key"] = id_or_null(result.key);
  if (result.path) line["path"] = text(*result.path);
  line["versionId"] = id_or_null(result.version);
  line["eTag"] = id_or_null(result.etag);
  line["size"] = result.size ? json::value(*result.size) : json::value(nullptr);
  line["sequencer"] = text_or_null(result.sequencer);
  line["eventTime"] =
      result.event_time ? json::value(rfc3339_ms(*result.event_time)) : json::value(nullptr);
  line["scannedAt"] = rfc3339_ms(result.scanned_at);
  line["result"] = name_of(result.verdict.disposition);
  line["reason"] =
      result.verdict.reason ? json::value(name_of(*result.verdict.reason)) : json::value(nullptr);
  line["message"] =
      result.verdict.message.empty() ? json::value(nullptr) : text(result.verdict.message);
  line["virusNames"] = names_of(result.verdict);
  line["skipped"] = result.skipped;
  line["sha256"] = text_or_null(result.sha256);
  line["engine"] = text_or_null(result.engine);
  line["signatures"] = text_or_null(result.signatures);
  line["bytesScanned"] = result.verdict.bytes_scanned;
  line["millis"] = json::object{{"queued", result.millis.queued},
                                {"fetch", result.millis.fetch},
                                {"scan", result.millis.scan},
                                {"act", result.millis.act}};
  line["uploadedBy"] = text_or_null(result.uploaded_by);
  line["attempt"] = result.attempt;
  line["tagging"] = name_of(result.tagging);
  line["actions"] = actions_of(result);
  return json::serialize(line);
}

}  // namespace cordon
