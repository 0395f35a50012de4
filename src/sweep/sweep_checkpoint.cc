#include "sweep/sweep_checkpoint.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr const char* kSchema = "cordon.sweep/1";
constexpr std::size_t kTextBytesMax = 2048;

json::value time_or_null(const std::optional<SystemTime>& time) {
  return time ? json::value(rfc3339_ms(*time)) : json::value(nullptr);
}

Error malformed(const std::string& what) {
  return Error{Errc::invalid, "the checkpoint of the sweep is not understood: " + what};
}

using MaybeText = std::optional<std::string>;
Result<MaybeText> text_in(const json::object& in, const char* name) {
  const json::value* found = in.if_contains(name);
  if (found == nullptr || found->is_null()) return MaybeText();
  const json::string* text = found->if_string();
  if (text == nullptr || text->size() > kTextBytesMax) return malformed(name);
  return MaybeText(std::string(text->data(), text->size()));
}

using MaybeTime = std::optional<SystemTime>;
Result<MaybeTime> time_in(const json::object& in, const char* name) {
  CORDON_TRY(const MaybeText text, text_in(in, name));
  if (!text) return MaybeTime();
  const Result<SystemTime> time = parse_rfc3339(*text);
  if (!time) return malformed(name);
  return MaybeTime(*time);
}

Result<std::uint64_t> count_in(const json::object& in, const char* name) {
  const json::value* found = in.if_contains(name);
  const std::int64_t* number = found == nullptr ? nullptr : found->if_int64();
  if (number == nullptr || *number < 0) return malformed(name);
  return static_cast<std::uint64_t>(*number);
}

}  // namespace

std::string to_json(const SweepCheckpoint& now) {
  json::object out{
      {"schema", kSchema},
      {"purpose", now.purpose},
      {"holder", now.holder},
      {"leaseUntil", time_or_null(now.lease_until)},
      {"started", rfc3339_ms(now.started)},
      {"finished", time_or_null(now.finished)},
      {"afterKey", now.after ? json::value(now.after->key.str()) : nullptr},
      {"afterVersion",
       now.after && now.after->version ? json::value(now.after->version->str()) : nullptr},
      {"listed", now.listed},
      {"enqueued", now.enqueued},
      {"excluded", now.excluded},
      {"young", now.young},
      {"unknown", now.unknown},
      {"refused", now.refused},
      {"archived", now.archived},
      {"unproven", now.unproven},
      {"oldest", time_or_null(now.oldest)}};
  return json::serialize(out);
}

Result<SweepCheckpoint> parse_sweep_checkpoint(std::string_view text) {
  json::parse_options options;
  options.max_depth = 4;
  json::error_code failed;
  const json::value document = json::parse(text, failed, {}, options);
  if (failed || !document.is_object()) return malformed("not a JSON object");
  const json::object& in = document.get_object();
  CORDON_TRY(const MaybeText schema, text_in(in, "schema"));
  if (schema != kSchema) return malformed("schema");
  SweepCheckpoint now;
  CORDON_TRY(const MaybeText purpose, text_in(in, "purpose"));
  CORDON_TRY(const MaybeText holder, text_in(in, "holder"));
  now.purpose = purpose.value_or("");
  now.holder = holder.value_or("");
  CORDON_TRY(now.lease_until, time_in(in, "leaseUntil"));
  CORDON_TRY(const MaybeTime started, time_in(in, "started"));
  if (!started) return malformed("started");
  now.started = *started;
  CORDON_TRY(now.finished, time_in(in, "finished"));
  CORDON_TRY(MaybeText key, text_in(in, "afterKey"));
  CORDON_TRY(MaybeText version, text_in(in, "afterVersion"));
  if (key) now.after = CatalogueCursor{ObjectKey(*std::move(key))};
  if (key && version) now.after->version = VersionId(*std::move(version));
  CORDON_TRY(now.listed, count_in(in, "listed"));
  CORDON_TRY(now.enqueued, count_in(in, "enqueued"));
  CORDON_TRY(now.excluded, count_in(in, "excluded"));
  CORDON_TRY(now.young, count_in(in, "young"));
  CORDON_TRY(now.unknown, count_in(in, "unknown"));
  // Earlier versions did not write these.
  if (in.contains("refused")) {
    CORDON_TRY(now.refused, count_in(in, "refused"));
  }
  if (in.contains("archived")) {
    CORDON_TRY(now.archived, count_in(in, "archived"));
  }
  if (in.contains("unproven")) {
    CORDON_TRY(now.unproven, count_in(in, "unproven"));
  }
  CORDON_TRY(now.oldest, time_in(in, "oldest"));
  return now;
}

}  // namespace cordon
