#include "console/finding_documents.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kReportEvery{30};
constexpr int kMissedMax = 6;

// Names of objects are UTF-8 in results; a document with anything else would be refused as a whole.
json::value text(std::string_view value) {
  return json::value(utf8_clean(value, value.size() * 3));
}

json::value handled_of(const Problem& problem) {
  if (!problem.handled) return nullptr;
  return json::object{{"by", text(problem.handled->by)},
                      {"at", rfc3339_ms(problem.handled->at)},
                      {"why", text(problem.handled->why)}};
}

json::value example_of(const Problem& problem) {
  if (!problem.example) return nullptr;
  const ObjectRef& object = *problem.example;
  return json::object{
      {"bucket", text(object.bucket.str())},
      {"key", text(object.key.str())},
      {"versionId", object.version ? text(object.version->str()) : json::value(nullptr)}};
}

}  // namespace

// Numbers that may need 64 bits are texts: readers of JSON round beyond 2^53.
std::string document_of(const Problem& problem) {
  return json::serialize(
      json::object{{"id", std::to_string(problem.id)},
                   {"state", name_of(problem.state)},
                   {"verdict", name_of(problem.verdict)},
                   {"cause", text(problem.cause)},
                   {"sha256", problem.sha256 ? text(*problem.sha256) : json::value(nullptr)},
                   {"firstSeen", rfc3339_ms(problem.first_seen)},
                   {"lastSeen", rfc3339_ms(problem.last_seen)},
                   {"objects", std::to_string(problem.objects)},
                   {"example", example_of(problem)},
                   {"handled", handled_of(problem)}});
}

std::string document_of(const Rollup& rollup) {
  return json::serialize(json::object{{"day", rfc3339_s(rollup.day).substr(0, 10)},
                                      {"bucket", text(rollup.bucket.str())},
                                      {"verdict", name_of(rollup.verdict)},
                                      {"results", std::to_string(rollup.results)},
                                      {"skipped", std::to_string(rollup.skipped)},
                                      {"bytes", std::to_string(rollup.bytes)}});
}

// The report is a document of its own, so it stays as it is written.
std::string document_of(const AgentReport& report, SystemTime now) {
  const bool is_away = now - report.reported_at > kReportEvery * kMissedMax;
  return std::string(R"({"state":")") + (is_away ? "away" : "reporting") + R"(","report":)" +
         to_json(report) + "}";
}

std::string list_document(const std::vector<std::string>& items,
                          const std::optional<PageCursor>& next, std::string_view question) {
  std::string out = "{\"items\":[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ',';
    out += items[i];
  }
  out += "],\"next\":";
  out += next ? "\"" + encode_cursor(*next, question) + "\"" : "null";
  return out + "}";
}

}  // namespace cordon
