#include "brake/brake_document.h"

#include <boost/json.hpp>

#include "base/text.h"

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
constexpr std::int64_t kNumberMax = std::int64_t{1} << 53;  // What every reader of JSON takes.

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

/// The members of one document. Remembers the first that is wrong; what is asked for afterwards
/// is empty.
class Members {
 public:
  static Result<Members> open(std::string_view text, const char* schema) {
    json::parse_options options;
    options.max_depth = 4;
    json::error_code failed;
    json::value document = json::parse(text, failed, {}, options);
    if (failed || !document.is_object()) return Error{Errc::invalid, "it is no JSON object"};
    Members members(std::move(document.get_object()));
    if (members.text("schema") != schema) {
      return Error{Errc::invalid, "its schema is not " + std::string(schema)};
    }
    return members;
  }

  std::optional<std::string> maybe_text(const char* name) {
    const json::value* found = in_.if_contains(name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    const json::string* text = found->if_string();
    if (text != nullptr && text->size() <= kTextBytesMax) {
      std::string out(text->data(), text->size());
      if (is_utf8(out)) return out;
    }
    wrong(name);
    return std::nullopt;
  }
  std::string text(const char* name) { return maybe_text(name).value_or(""); }

  std::optional<SystemTime> time(const char* name) {
    const std::optional<std::string> text = maybe_text(name);
    if (!text) return std::nullopt;
    const Result<SystemTime> time = parse_rfc3339(*text);
    if (time) return *time;
    wrong(name);
    return std::nullopt;
  }

  std::optional<std::uint64_t> number(const char* name) {
    const json::value* found = in_.if_contains(name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    const std::int64_t* number = found->if_int64();
    if (number != nullptr && *number >= 0 && *number <= kNumberMax)
      return static_cast<std::uint64_t>(*number);
    wrong(name);
    return std::nullopt;
  }

  std::vector<std::string> list(const char* name, std::size_t most) {
    std::vector<std::string> out;
    const json::value* found = in_.if_contains(name);
    if (found == nullptr) return out;
    const json::array* array = found->if_array();
    if (array == nullptr || array->size() > most) {
      wrong(name);
      return out;
    }
    for (const json::value& one : *array) {
      const json::string* text = one.if_string();
      std::string name_read = text == nullptr ? "" : std::string(text->data(), text->size());
      if (name_read.empty() || name_read.size() > kNameBytesMax || !is_utf8(name_read)) {
        wrong(name);
        return {};
      }
      out.push_back(std::move(name_read));
    }
    return out;
  }
  std::set<std::string> set(const char* name, std::size_t most) {
    std::vector<std::string> all = list(name, most);
    return {std::make_move_iterator(all.begin()), std::make_move_iterator(all.end())};
  }

  void wrong(const char* name) {
    if (!problem_) problem_ = Error{Errc::invalid, std::string(name) + " is not as it should be"};
  }
  const std::optional<Error>& problem() const { return problem_; }

 private:
  explicit Members(json::object in) : in_(std::move(in)) {}

  json::object in_;
  std::optional<Error> problem_;
};

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
  CORDON_TRY(Members in, Members::open(text, kPullSchema));
  BrakePull pull{.set = in.text("set"),
                 .names = in.list("names", kBrakeNamesMax),
                 .agent = in.text("agent"),
                 .since = in.time("since"),
                 .scanned = in.number("scanned").value_or(0),
                 .infected = in.number("infected").value_or(0)};
  if (in.problem()) return *in.problem();
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
  CORDON_TRY(Members in, Members::open(text, kStateSchema));
  const std::optional<BrakeState::Phase> phase = phase_in(in.text("state"));
  if (!phase) in.wrong("state");
  BrakeState state{.phase = phase.value_or(BrakeState::Phase::none),
                   .set = in.text("set"),
                   .names = in.list("names", kBrakeNamesMax),
                   .agent = in.text("agent"),
                   .since = in.time("since"),
                   .scanned = in.number("scanned").value_or(0),
                   .infected = in.number("infected").value_or(0),
                   .decided_at = in.time("decidedAt"),
                   .decided_by = in.text("decidedBy"),
                   .ignored = in.set("ignored", kBrakeNamesMax),
                   .rejected_sets = in.set("rejectedSets", kSetsMax)};
  if (in.problem()) return *in.problem();
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
  CORDON_TRY(Members in, Members::open(text, kHistorySchema));
  BrakeHistory history{.set = in.text("set"),
                       .since = in.time("since"),
                       .scanned = in.number("scanned").value_or(0),
                       .infected = in.number("infected").value_or(0),
                       .names = in.set("names", kBrakeNamesMax)};
  if (in.problem()) return *in.problem();
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
  CORDON_TRY(Members in, Members::open(text, kHeldSchema));
  HeldObject held{.object = {BucketName(in.text("bucket")), ObjectKey(in.text("key"))},
                  .size = in.number("size"),
                  .names = in.list("names", kHeldNamesMax),
                  .set = in.text("set"),
                  .result_id = in.text("resultId")};
  if (auto version = in.maybe_text("versionId")) held.object.version = VersionId(*version);
  if (auto etag = in.maybe_text("eTag")) held.etag = ETag(*etag);
  const std::optional<SystemTime> at = in.time("heldAt");
  if (!at) in.wrong("heldAt");
  held.held_at = at.value_or(SystemTime());
  if (held.object.bucket.empty()) in.wrong("bucket");
  if (held.object.key.empty()) in.wrong("key");
  if (in.problem()) return *in.problem();
  return held;
}

}  // namespace cordon
