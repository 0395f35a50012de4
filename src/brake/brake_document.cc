#include "brake/brake_document.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "core/json_members.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kPullSchema = "cordon.brake-pull/1";
constexpr const char* kStateSchema = "cordon.brake/1";
constexpr const char* kHistorySchema = "cordon.brake-history/1";
constexpr const char* kHeldSchema = "cordon.held-object/1";
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kTextBytesMax = 1024;  // A key's limit.
constexpr std::size_t kSetsMax = 100;
constexpr std::size_t kHeldNamesMax = 20;
constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 53U;  // What every reader of JSON takes.

// --- writing ---------------------------------------------------------------------------------

json::value time_or_null(const std::optional<SystemTime>& time) {
  return time ? json::value(rfc3339_ms(*time)) : json::value(nullptr);
}

template <typename Texts>
json::array list_of(const Texts& texts, std::size_t most) {
  json::array out;
  for (const std::string& text : texts) {
    if (out.size() == most) break;
    out.emplace_back(utf8_clean(text, kNameBytesMax));
  }
  return out;
}

// --- reading ---------------------------------------------------------------------------------

constexpr JsonLimits kLimits{
    .bytes_max = 1U << 20U, .depth_max = 4, .text_bytes_max = kTextBytesMax};

Result<JsonDocument> open(std::string_view text, const char* schema) {
  CORDON_TRY(JsonDocument document, JsonDocument::parse(text, kLimits));
  if (document.members().maybe_text("schema") == schema) return document;
  return Error{Errc::invalid, "its schema is not " + std::string(schema)};
}

std::string text_in(JsonMembers& in, const char* name) { return in.maybe_text(name).value_or(""); }

std::optional<std::uint64_t> number_in(JsonMembers& in, const char* name) {
  const std::optional<std::uint64_t> number = in.maybe_number(name);
  if (number && *number > kNumberMax) in.wrong(name);
  return number;
}
std::uint64_t count_in(JsonMembers& in, const char* name) {
  return number_in(in, name).value_or(0);
}

std::vector<std::string> list_in(JsonMembers& in, const char* name, std::size_t most) {
  std::vector<std::string> names = in.maybe_texts(name, most);
  for (const std::string& one : names) {
    if (one.empty() || one.size() > kNameBytesMax) in.wrong(name);
  }
  return names;
}
std::set<std::string> set_in(JsonMembers& in, const char* name, std::size_t most) {
  std::vector<std::string> all = list_in(in, name, most);
  return {std::make_move_iterator(all.begin()), std::make_move_iterator(all.end())};
}

std::optional<BrakeState::Phase> phase_in(std::string_view text) {
  for (const auto phase : {BrakeState::Phase::none, BrakeState::Phase::holding,
                           BrakeState::Phase::confirmed, BrakeState::Phase::rejected}) {
    if (text == name_of(phase)) return phase;
  }
  return std::nullopt;
}

}  // namespace

std::string to_json(const BrakePull& pull) {
  return json::serialize(json::object{{"schema", kPullSchema},
                                      {"set", utf8_clean(pull.set, kNameBytesMax)},
                                      {"names", list_of(pull.names, kBrakeNamesMax)},
                                      {"agent", utf8_clean(pull.agent, kNameBytesMax)},
                                      {"since", time_or_null(pull.since)},
                                      {"scanned", pull.scanned},
                                      {"infected", pull.infected}});
}

Result<BrakePull> parse_brake_pull(std::string_view text) {
  CORDON_TRY(JsonDocument document, open(text, kPullSchema));
  JsonMembers in = document.members();
  BrakePull pull{.set = text_in(in, "set"),
                 .names = list_in(in, "names", kBrakeNamesMax),
                 .agent = text_in(in, "agent"),
                 .since = in.maybe_time("since"),
                 .scanned = count_in(in, "scanned"),
                 .infected = count_in(in, "infected")};
  CORDON_TRY(document.checked());
  return pull;
}

std::string to_json(const BrakeState& state) {
  return json::serialize(json::object{{"schema", kStateSchema},
                                      {"state", name_of(state.phase)},
                                      {"set", utf8_clean(state.set, kNameBytesMax)},
                                      {"names", list_of(state.names, kBrakeNamesMax)},
                                      {"agent", utf8_clean(state.agent, kNameBytesMax)},
                                      {"since", time_or_null(state.since)},
                                      {"scanned", state.scanned},
                                      {"infected", state.infected},
                                      {"decidedAt", time_or_null(state.decided_at)},
                                      {"decidedBy", utf8_clean(state.decided_by, kNameBytesMax)},
                                      {"ignored", list_of(state.ignored, kBrakeNamesMax)},
                                      {"rejectedSets", list_of(state.rejected_sets, kSetsMax)}});
}

Result<BrakeState> parse_brake_state(std::string_view text) {
  CORDON_TRY(JsonDocument document, open(text, kStateSchema));
  JsonMembers in = document.members();
  const std::optional<BrakeState::Phase> phase = phase_in(text_in(in, "state"));
  if (!phase) in.wrong("state");
  BrakeState state{.phase = phase.value_or(BrakeState::Phase::none),
                   .set = text_in(in, "set"),
                   .names = list_in(in, "names", kBrakeNamesMax),
                   .agent = text_in(in, "agent"),
                   .since = in.maybe_time("since"),
                   .scanned = count_in(in, "scanned"),
                   .infected = count_in(in, "infected"),
                   .decided_at = in.maybe_time("decidedAt"),
                   .decided_by = text_in(in, "decidedBy"),
                   .ignored = set_in(in, "ignored", kBrakeNamesMax),
                   .rejected_sets = set_in(in, "rejectedSets", kSetsMax)};
  CORDON_TRY(document.checked());
  return state;
}

std::string to_json(const BrakeHistory& history) {
  return json::serialize(json::object{{"schema", kHistorySchema},
                                      {"set", utf8_clean(history.set, kNameBytesMax)},
                                      {"since", time_or_null(history.since)},
                                      {"scanned", history.scanned},
                                      {"infected", history.infected},
                                      {"names", list_of(history.names, kBrakeNamesMax)}});
}

Result<BrakeHistory> parse_brake_history(std::string_view text) {
  CORDON_TRY(JsonDocument document, open(text, kHistorySchema));
  JsonMembers in = document.members();
  BrakeHistory history{.set = text_in(in, "set"),
                       .since = in.maybe_time("since"),
                       .scanned = count_in(in, "scanned"),
                       .infected = count_in(in, "infected"),
                       .names = set_in(in, "names", kBrakeNamesMax)};
  CORDON_TRY(document.checked());
  return history;
}

std::string to_json(const HeldObject& held) {
  const ObjectRef& object = held.object;
  return json::serialize(json::object{
      {"schema", kHeldSchema},
      {"bucket", object.bucket.str()},
      {"key", object.key.str()},
      {"versionId", object.version ? json::value(object.version->str()) : json::value(nullptr)},
      {"eTag", held.etag ? json::value(held.etag->str()) : json::value(nullptr)},
      {"size", held.size ? json::value(*held.size) : json::value(nullptr)},
      {"names", list_of(held.names, kHeldNamesMax)},
      {"set", utf8_clean(held.set, kNameBytesMax)},
      {"resultId", held.result_id},
      {"heldAt", rfc3339_ms(held.held_at)}});
}

Result<HeldObject> parse_held_object(std::string_view text) {
  CORDON_TRY(JsonDocument document, open(text, kHeldSchema));
  JsonMembers in = document.members();
  HeldObject held{.object = {BucketName(text_in(in, "bucket")), ObjectKey(text_in(in, "key"))},
                  .size = number_in(in, "size"),
                  .names = list_in(in, "names", kHeldNamesMax),
                  .set = text_in(in, "set"),
                  .result_id = text_in(in, "resultId")};
  if (auto version = in.maybe_text("versionId")) held.object.version = VersionId(*version);
  if (auto etag = in.maybe_text("eTag")) held.etag = ETag(*etag);
  const std::optional<SystemTime> at = in.maybe_time("heldAt");
  if (!at) in.wrong("heldAt");
  held.held_at = at.value_or(SystemTime());
  if (held.object.bucket.empty()) in.wrong("bucket");
  if (held.object.key.empty()) in.wrong("key");
  CORDON_TRY(document.checked());
  return held;
}

}  // namespace cordon
