#include "core/scan_result.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

// Everything that came from outside is cleaned: a key or a signature name that is not UTF-8 would
// make the whole line unreadable for the ones who parse it.
json::value text(const std::string& value) {
  return json::string(utf8_clean(value, value.size() * 3));
}

template <typename T>
json::value text_or_null(const std::optional<T>& value) {
  if (!value) return nullptr;
  if constexpr (std::is_same_v<T, std::string>) {
    return text(*value);
  } else {
    return text(value->str());
  }
}

json::value time_or_null(const std::optional<SystemTime>& time) {
  if (!time) return nullptr;
  return json::string(rfc3339_ms(*time));
}

json::array names(const std::vector<std::string>& values) {
  json::array list;
  for (const std::string& value : values) list.push_back(text(value));
  return list;
}

json::array actions_of(const ScanResult& result) {
  json::array list;
  for (const ActionRecord& action : result.actions) {
    json::object record{{"kind", action.kind}};
    if (action.bucket) record["bucket"] = action.bucket->str();
    if (action.key) record["key"] = text(action.key->str());
    record["status"] = action.status;
    if (action.detail) record["detail"] = text(*action.detail);
    list.push_back(std::move(record));
  }
  return list;
}

json::object millis_of(const ScanResult::Millis& millis) {
  return {{"queued", millis.queued},
          {"fetch", millis.fetch},
          {"scan", millis.scan},
          {"act", millis.act}};
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
    case EventSource::api:
      return "api";
    case EventSource::cli:
      return "cli";
  }
  return "s3-event";
}

std::string to_json(const ScanResult& result) {
  const Verdict& verdict = result.verdict;
  json::object line{
      {"schema", "cordon.scan-result/1"},
      {"id", result.id},
      {"deployment", result.deployment},
      {"account", text_or_null(result.account)},
      {"region", text_or_null(result.region)},
      {"agent", text(result.agent)},
      {"source", std::string(name_of(result.source))},
      {"bucket", text_or_null(result.bucket)},
      {"key", text_or_null(result.key)},
      {"versionId", text_or_null(result.version)},
      {"eTag", text_or_null(result.etag)},
      {"size", result.size ? json::value(*result.size) : json::value(nullptr)},
      {"sequencer", text_or_null(result.sequencer)},
      {"eventTime", time_or_null(result.event_time)},
      {"scannedAt", rfc3339_ms(result.scanned_at)},
      {"result", std::string(name_of(verdict.disposition))},
      {"reason",
       verdict.reason ? json::value(json::string(name_of(*verdict.reason))) : json::value(nullptr)},
      {"message", verdict.message.empty() ? json::value(nullptr) : text(verdict.message)},
      {"virusNames", names(verdict.virus_names)},
      {"skipped", result.skipped},
      {"sha256", text_or_null(result.sha256)},
      {"engine", text_or_null(result.engine)},
      {"signatures", text_or_null(result.signatures)},
      {"bytesScanned", verdict.bytes_scanned},
      {"millis", millis_of(result.millis)},
      {"uploadedBy", text_or_null(result.uploaded_by)},
      {"attempt", result.attempt},
      {"tagging", result.tagging},
      {"actions", actions_of(result)},
  };
  if (result.path) line["path"] = text(*result.path);
  return json::serialize(line);
}

}  // namespace cordon
