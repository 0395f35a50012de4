#include "core/json_members.h"

#include <utility>

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {

namespace json = boost::json;

struct JsonDocument::State {
  json::value root;
  json::object nothing;  ///< What an object that is not there consists of.
  std::size_t text_bytes_max;
  std::optional<Error> problem = std::nullopt;
};

JsonDocument::JsonDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return Error{Errc::invalid, "it is longer than " + std::to_string(limits.bytes_max) + " bytes"};
  }
  json::parse_options options;
  options.max_depth = limits.depth_max;
  json::error_code failed;
  json::value root = json::parse(json::string_view(text.data(), text.size()), failed, {}, options);
  if (failed) return Error{Errc::invalid, "it is not JSON (" + failed.message() + ")"};
  if (!root.is_object()) return Error{Errc::invalid, "it is no JSON object"};
  return JsonDocument(
      std::make_unique<State>(State{std::move(root), json::object(), limits.text_bytes_max}));
}

JsonMembers JsonDocument::members() { return JsonMembers(*state_, state_->root.get_object()); }

Result<void> JsonDocument::checked() const {
  if (state_->problem) return *state_->problem;
  return {};
}

void JsonMembers::wrong(std::string_view name) {
  if (document_->problem) return;
  document_->problem = Error{Errc::invalid, std::string(name) + " is not as it should be"};
}

const json::value* JsonMembers::find(std::string_view name) const {
  const json::value* found = in_->if_contains(json::string_view(name.data(), name.size()));
  return found == nullptr || found->is_null() ? nullptr : found;
}

template <typename T>
T JsonMembers::required(std::string_view name, std::optional<T> found) {
  if (!found) wrong(name);
  return std::move(found).value_or(T());
}

const json::array* JsonMembers::list(std::string_view name, std::size_t count_max) {
  const json::value* found = find(name);
  const json::array* items = found == nullptr ? nullptr : found->if_array();
  if (items != nullptr && items->size() <= count_max) return items;
  wrong(name);
  return nullptr;
}

std::optional<std::string> JsonMembers::maybe_text(std::string_view name) {
  const json::value* found = find(name);
  if (found == nullptr) return std::nullopt;
  const json::string* text = found->if_string();
  // The parser refuses what is no UTF-8.
  if (text != nullptr && text->size() <= document_->text_bytes_max) {
    return std::string(text->data(), text->size());
  }
  wrong(name);
  return std::nullopt;
}

std::optional<SystemTime> JsonMembers::maybe_time(std::string_view name) {
  const std::optional<std::string> text = maybe_text(name);
  if (!text) return std::nullopt;
  const Result<SystemTime> time = parse_rfc3339(*text);
  if (time) return *time;
  wrong(name);
  return std::nullopt;
}

std::optional<std::uint64_t> JsonMembers::maybe_number(std::string_view name) {
  const json::value* found = find(name);
  if (found == nullptr) return std::nullopt;
  if (const std::uint64_t* number = found->if_uint64()) return *number;
  const std::int64_t* number = found->if_int64();
  if (number != nullptr && *number >= 0) return static_cast<std::uint64_t>(*number);
  wrong(name);
  return std::nullopt;
}

std::vector<std::string> JsonMembers::maybe_texts(std::string_view name, std::size_t count_max) {
  if (find(name) == nullptr) return {};
  return texts(name, count_max);
}

std::string JsonMembers::text(std::string_view name) { return required(name, maybe_text(name)); }
SystemTime JsonMembers::time(std::string_view name) { return required(name, maybe_time(name)); }
std::uint64_t JsonMembers::number(std::string_view name) {
  return required(name, maybe_number(name));
}

std::int64_t JsonMembers::signed_number(std::string_view name) {
  const json::value* found = find(name);
  const std::int64_t* number = found == nullptr ? nullptr : found->if_int64();
  if (number != nullptr) return *number;
  wrong(name);
  return 0;
}

bool JsonMembers::flag(std::string_view name) {
  const json::value* found = find(name);
  const bool* flag = found == nullptr ? nullptr : found->if_bool();
  if (flag != nullptr) return *flag;
  wrong(name);
  return false;
}

std::vector<std::string> JsonMembers::texts(std::string_view name, std::size_t count_max) {
  std::vector<std::string> out;
  const json::array* items = list(name, count_max);
  if (items == nullptr) return out;
  out.reserve(items->size());
  for (const json::value& item : *items) {
    const json::string* text = item.if_string();
    if (text == nullptr || text->size() > document_->text_bytes_max) {
      wrong(name);
      return {};
    }
    out.emplace_back(text->data(), text->size());
  }
  return out;
}

JsonMembers JsonMembers::object(std::string_view name) {
  const json::value* found = find(name);
  const json::object* members = found == nullptr ? nullptr : found->if_object();
  if (members != nullptr) return JsonMembers(*document_, *members);
  wrong(name);
  return JsonMembers(*document_, document_->nothing);
}

std::vector<JsonMembers> JsonMembers::objects(std::string_view name, std::size_t count_max) {
  std::vector<JsonMembers> out;
  const json::array* items = list(name, count_max);
  if (items == nullptr) return out;
  out.reserve(items->size());
  for (const json::value& item : *items) {
    const json::object* members = item.if_object();
    if (members == nullptr) {
      wrong(name);
      return {};
    }
    out.push_back(JsonMembers(*document_, *members));
  }
  return out;
}

}  // namespace cordon
