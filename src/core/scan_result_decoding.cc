#include "core/scan_result_decoding.h"

#include <array>
#include <limits>
#include <utility>

#include "core/json_members.h"

namespace cordon {
namespace {

constexpr JsonLimits kLimits{
    .bytes_max = kScanResultBytesMax, .depth_max = 8, .text_bytes_max = 16U << 10U};
constexpr std::size_t kNamesMax = 10'000;
constexpr std::size_t kActionsMax = 1'000;
constexpr std::size_t kIdBytesMax = 64;

constexpr std::array kSources{EventSource::s3_event, EventSource::eventbridge, EventSource::gateway,
                              EventSource::retro, EventSource::cli};
constexpr std::array kKinds{ActionKind::keep, ActionKind::remove, ActionKind::move,
                            ActionKind::copy};
constexpr std::array kStatuses{ActionStatus::done, ActionStatus::pending, ActionStatus::failed,
                               ActionStatus::skipped, ActionStatus::held};
constexpr std::array kTaggings{TaggingState::off, TaggingState::done, TaggingState::no_room,
                               TaggingState::failed};

// The enumerator that the member names. A name that is not known makes the document wrong: a reader
// that guessed would say something of an object that nobody said.
template <typename Enum, std::size_t N>
Enum named(JsonMembers& in, std::string_view member, const std::array<Enum, N>& all) {
  const std::string name = in.text(member);
  for (const Enum one : all) {
    if (name_of(one) == name) return one;
  }
  in.wrong(member);
  return all.front();
}

template <typename Id>
std::optional<Id> id_in(JsonMembers& in, std::string_view member) {
  std::optional<std::string> text = in.maybe_text(member);
  if (!text) return std::nullopt;
  return Id(*std::move(text));
}

Verdict verdict_in(JsonMembers& in) {
  Verdict verdict{.disposition = Disposition::error};
  const std::optional<Disposition> disposition = parse_disposition(in.text("result"));
  if (!disposition) in.wrong("result");
  verdict.disposition = disposition.value_or(Disposition::error);
  if (const std::optional<std::string> name = in.maybe_text("reason")) {
    verdict.reason = parse_reason(*name);
    if (!verdict.reason) in.wrong("reason");
  }
  verdict.message = in.maybe_text("message").value_or("");
  verdict.virus_names = in.texts("virusNames", kNamesMax);
  verdict.bytes_scanned = in.number("bytesScanned");
  if (!is_consistent(verdict)) in.wrong("result");
  return verdict;
}

std::vector<ActionRecord> actions_in(JsonMembers& in) {
  std::vector<ActionRecord> actions;
  for (JsonMembers& one : in.objects("actions", kActionsMax)) {
    actions.push_back({.kind = named(one, "kind", kKinds),
                       .bucket = id_in<BucketName>(one, "bucket"),
                       .key = id_in<ObjectKey>(one, "key"),
                       .status = named(one, "status", kStatuses),
                       .detail = one.maybe_text("detail")});
  }
  return actions;
}

ScanResult::Millis millis_in(JsonMembers members) {
  return {.queued = members.signed_number("queued"),
          .fetch = members.signed_number("fetch"),
          .scan = members.signed_number("scan"),
          .act = members.signed_number("act")};
}

int attempt_in(JsonMembers& in) {
  const std::int64_t attempt = in.signed_number("attempt");
  if (attempt >= std::numeric_limits<int>::min() && attempt <= std::numeric_limits<int>::max()) {
    return static_cast<int>(attempt);
  }
  in.wrong("attempt");
  return 1;
}

void read_object(JsonMembers& in, ScanResult& result) {
  result.account = id_in<AccountId>(in, "account");
  result.region = id_in<Region>(in, "region");
  result.bucket = id_in<BucketName>(in, "bucket");
  result.key = id_in<ObjectKey>(in, "key");
  result.path = in.maybe_text("path");
  result.version = id_in<VersionId>(in, "versionId");
  result.etag = id_in<ETag>(in, "eTag");
  result.size = in.maybe_number("size");
  result.sequencer = in.maybe_text("sequencer");
  result.event_time = in.maybe_time("eventTime");
  result.uploaded_by = in.maybe_text("uploadedBy");
}

void read_scan(JsonMembers& in, ScanResult& result) {
  result.id = in.text("id");
  if (result.id.empty() || result.id.size() > kIdBytesMax) in.wrong("id");
  result.deployment = in.text("deployment");
  result.agent = in.text("agent");
  result.source = named(in, "source", kSources);
  result.scanned_at = in.time("scannedAt");
  result.verdict = verdict_in(in);
  result.skipped = in.flag("skipped");
  result.sha256 = in.maybe_text("sha256");
  result.engine = in.maybe_text("engine");
  result.signatures = in.maybe_text("signatures");
  result.millis = millis_in(in.object("millis"));
  result.attempt = attempt_in(in);
  result.tagging = named(in, "tagging", kTaggings);
  result.actions = actions_in(in);
}

Result<ScanResult> decoded(JsonDocument& document) {
  JsonMembers in = document.members();
  if (in.text("schema") != kScanResultSchema) in.wrong("schema");
  CORDON_TRY(document.checked());  // What follows would only confuse: it is another document.
  ScanResult result;
  read_scan(in, result);
  read_object(in, result);
  CORDON_TRY(document.checked());
  return result;
}

}  // namespace

Result<ScanResult> decode_scan_result(std::string_view json) {
  Result<JsonDocument> document = JsonDocument::parse(json, kLimits);
  if (!document) return with_context(document.error(), "no scan result");
  Result<ScanResult> result = decoded(*document);
  if (!result) return with_context(result.error(), "no scan result");
  return result;
}

}  // namespace cordon
