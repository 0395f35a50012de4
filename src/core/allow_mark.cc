#include "core/allow_mark.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "core/provenance.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kSchema = "cordon.allow-once/1";
constexpr std::size_t kDepthMax = 4;
constexpr std::size_t kTextBytesMax = 1024;

Error malformed(const std::string& why) {
  return Error{Errc::invalid, "this is no allow-once mark: " + why};
}

using MaybeText = std::optional<std::string>;

// Absent and null are the same; everything else must be text.
Result<MaybeText> text_in(const json::object& object, const char* name) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr || member->is_null()) return MaybeText();
  const json::string* text = member->if_string();
  if (text == nullptr || text->empty() || text->size() > kTextBytesMax) {
    return malformed(std::string(name) + " is no text of 1 to 1,024 bytes");
  }
  return MaybeText(std::string(text->begin(), text->end()));
}

Result<std::string> must_text(const json::object& object, const char* name) {
  CORDON_TRY(MaybeText text, text_in(object, name));
  if (!text) return malformed(std::string(name) + " is missing");
  return *std::move(text);
}

using MaybeTime = std::optional<SystemTime>;

Result<MaybeTime> time_in(const json::object& object, const char* name) {
  CORDON_TRY(const MaybeText text, text_in(object, name));
  if (!text) return MaybeTime();
  CORDON_TRY(const SystemTime time, parse_rfc3339(*text));
  return MaybeTime(time);
}

Result<AllowedState> state_in(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return malformed("a state is no object");
  AllowedState state;
  CORDON_TRY(const MaybeText version, text_in(*object, "versionId"));
  CORDON_TRY(const MaybeText etag, text_in(*object, "eTag"));
  CORDON_TRY(state.modified, time_in(*object, "lastModified"));
  if (version) state.version = VersionId(*version);
  if (etag) state.etag = ETag(*etag);
  if (!pins_bytes(state.version) && !(state.etag && state.modified)) {
    return malformed("a state names no version, nor ETag and time");
  }
  return state;
}

json::object json_of(const AllowedState& state) {
  json::object object;
  if (state.version) object["versionId"] = state.version->str();
  if (state.etag) object["eTag"] = state.etag->str();
  if (state.modified) object["lastModified"] = rfc3339_s(*state.modified);
  return object;
}

SystemTime to_second(SystemTime time) {
  return std::chrono::time_point_cast<std::chrono::seconds>(time);
}

}  // namespace

ObjectKey allow_mark_key(const BucketName& bucket, const ObjectKey& key,
                         const std::string& sha256) {
  return ObjectKey(std::string(kOwnPrefix) + "allow-once/" + place_mark(bucket, key) + "-" +
                   sha256 + ".json");
}

AllowedState allowed_state(const ObjectRef& object, const ETag& etag, SystemTime modified) {
  if (pins_bytes(object.version)) return {.version = object.version};
  return {.version = object.version, .etag = etag, .modified = to_second(modified)};
}

std::string encode_allow_mark(const AllowMark& mark) {
  json::array states;
  for (const AllowedState& state : mark.states) states.push_back(json_of(state));
  return json::serialize(
      json::object{{"schema", kSchema},
                   {"bucket", mark.bucket.str()},
                   {"key", mark.key.str()},
                   {"sha256", mark.sha256},
                   {"pendingUntil", mark.pending_until ? json::value(rfc3339_s(*mark.pending_until))
                                                       : json::value(nullptr)},
                   {"states", std::move(states)}});
}

Result<AllowMark> decode_allow_mark(std::string_view text) {
  if (text.size() > kAllowMarkBytesMax) return malformed("it is too long");
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code failed;
  const json::value document = json::parse(text, failed, {}, options);
  if (failed) return malformed(failed.message());
  const json::object* object = document.if_object();
  if (object == nullptr) return malformed("it is no object");
  AllowMark mark;
  CORDON_TRY(const std::string schema, must_text(*object, "schema"));
  if (schema != kSchema) return malformed("its schema is another");
  CORDON_TRY(std::string bucket, must_text(*object, "bucket"));
  CORDON_TRY(std::string key, must_text(*object, "key"));
  CORDON_TRY(mark.sha256, must_text(*object, "sha256"));
  CORDON_TRY(mark.pending_until, time_in(*object, "pendingUntil"));
  mark.bucket = BucketName(std::move(bucket));
  mark.key = ObjectKey(std::move(key));
  const json::value* states = object->if_contains("states");
  const json::array* list = states == nullptr ? nullptr : states->if_array();
  if (list == nullptr || list->size() > kAllowedStatesMax) return malformed("its states");
  for (const json::value& value : *list) {
    CORDON_TRY(AllowedState state, state_in(value));
    mark.states.push_back(std::move(state));
  }
  return mark;
}

bool lets_pass(const AllowMark& mark, const ScannedState& scanned, SystemTime now) {
  const ObjectRef& object = scanned.object;
  if (mark.bucket != object.bucket || mark.key != object.key) return false;
  if (scanned.sha256.empty() || mark.sha256 != scanned.sha256) return false;
  if (mark.pending_until && now < *mark.pending_until) return true;
  const AllowedState state = allowed_state(object, scanned.etag, scanned.modified);
  return std::any_of(mark.states.begin(), mark.states.end(), [&](const AllowedState& known) {
    if (pins_bytes(known.version) || pins_bytes(state.version)) {
      return known.version == state.version;
    }
    return known.etag == state.etag && known.modified == state.modified;
  });
}

}  // namespace cordon
