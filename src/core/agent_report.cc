#include "core/agent_report.h"

#include <utility>

#include <boost/json.hpp>

#include "base/text.h"
#include "core/json_members.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr JsonLimits kLimits{
    .bytes_max = kAgentReportBytesMax, .depth_max = 4, .text_bytes_max = 1024};
constexpr std::size_t kVerdictsMax = 16;
constexpr std::size_t kNameBytesMax = 512;

json::value text(std::string_view value) { return json::value(utf8_clean(value, 1024)); }

template <typename T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object counts(const AgentReport::Counts& of) {
  return {{"objects", of.objects}, {"bytes", of.bytes}};
}

AgentReport::Counts counts_in(JsonMembers in) {
  return {.objects = in.number("objects"), .bytes = in.number("bytes")};
}

std::map<Disposition, AgentReport::Counts> verdicts_in(JsonMembers& in) {
  std::map<Disposition, AgentReport::Counts> verdicts;
  for (JsonMembers& one : in.objects("verdicts", kVerdictsMax)) {
    const std::optional<Disposition> disposition = parse_disposition(one.text("verdict"));
    const bool is_new = disposition && verdicts.emplace(*disposition, counts_in(one)).second;
    if (!is_new) in.wrong("verdicts");
  }
  return verdicts;
}

// What a report is kept under: a database does not index names of any length.
std::string name_in(JsonMembers& in, std::string_view name) {
  std::string text = in.text(name);
  if (text.size() > kNameBytesMax) in.wrong(name);
  return text;
}

std::string id_in(JsonMembers& in, std::string_view name) {
  std::string text = name_in(in, name);
  if (text.empty()) in.wrong(name);
  return text;
}

void read_agent(JsonMembers& in, AgentReport& report) {
  report.agent = id_in(in, "agent");
  report.deployment = id_in(in, "deployment");
  report.account = AccountId(name_in(in, "account"));
  report.region = Region(name_in(in, "region"));
  report.started_at = in.time("startedAt");
  report.reported_at = in.time("reportedAt");
  report.version = in.text("version");
  report.engine = in.maybe_text("engine");
  report.signatures = in.maybe_text("signatures");
  report.signature_count = in.maybe_number("signatureCount");
  report.signature_age_seconds = in.maybe_number("signatureAgeSeconds");
  report.are_signatures_refused = in.flag("signaturesRefused");
  report.is_sandbox_weak = in.flag("weakSandbox");
}

void read_work(JsonMembers& in, AgentReport& report) {
  report.slots = in.number("slots");
  report.slots_busy = in.number("slotsBusy");
  report.workers = in.number("workers");
  report.verdicts = verdicts_in(in);
  report.skipped = in.number("skipped");
  report.forged_tags = in.number("forgedTags");
  report.last_minute = counts_in(in.object("lastMinute"));
  report.queue_age_millis = in.number("queueAgeMillis");
  report.outbox_results = in.number("outboxResults");
}

Result<AgentReport> decoded(JsonDocument& document) {
  JsonMembers in = document.members();
  if (in.text("schema") != kAgentReportSchema) in.wrong("schema");
  CORDON_TRY(document.checked());  // What follows would only confuse: it is another document.
  AgentReport report;
  read_agent(in, report);
  read_work(in, report);
  CORDON_TRY(document.checked());
  return report;
}

}  // namespace

// The members stand in the order of docs/formats/agent-report.md.
std::string to_json(const AgentReport& report) {
  json::object line;
  line["schema"] = kAgentReportSchema;
  line["agent"] = text(report.agent);
  line["deployment"] = text(report.deployment);
  line["account"] = text(report.account.str());
  line["region"] = text(report.region.str());
  line["startedAt"] = rfc3339_ms(report.started_at);
  line["reportedAt"] = rfc3339_ms(report.reported_at);
  line["version"] = text(report.version);
  line["engine"] = report.engine ? text(*report.engine) : json::value(nullptr);
  line["signatures"] = report.signatures ? text(*report.signatures) : json::value(nullptr);
  line["signatureCount"] = or_null(report.signature_count);
  line["signatureAgeSeconds"] = or_null(report.signature_age_seconds);
  line["signaturesRefused"] = report.are_signatures_refused;
  line["weakSandbox"] = report.is_sandbox_weak;
  line["slots"] = report.slots;
  line["slotsBusy"] = report.slots_busy;
  line["workers"] = report.workers;
  json::array verdicts;
  for (const auto& [disposition, of] : report.verdicts) {
    json::object entry{{"verdict", name_of(disposition)}};
    for (auto& [name, value] : counts(of)) entry[name] = value;
    verdicts.push_back(std::move(entry));
  }
  line["verdicts"] = std::move(verdicts);
  line["skipped"] = report.skipped;
  line["forgedTags"] = report.forged_tags;
  line["lastMinute"] = counts(report.last_minute);
  line["queueAgeMillis"] = report.queue_age_millis;
  line["outboxResults"] = report.outbox_results;
  return ascii_json(json::serialize(line));
}

Result<AgentReport> decode_agent_report(std::string_view json) {
  Result<JsonDocument> document = JsonDocument::parse(json, kLimits);
  if (!document) return with_context(document.error(), "no agent report");
  Result<AgentReport> report = decoded(*document);
  if (!report) return with_context(report.error(), "no agent report");
  return report;
}

}  // namespace cordon
