#include "devcloud/json_in.h"

#include <charconv>

namespace cordon::cloud {

namespace json = boost::json;

std::optional<std::string> text_if(const json::object& in, std::string_view name) {
  const json::value* value = in.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

std::string text_of(const json::object& in, std::string_view name) {
  return text_if(in, name).value_or("");
}

std::optional<std::int64_t> integer_if(const json::object& in, std::string_view name) {
  const json::value* value = in.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) {
    const std::string_view text = value->as_string();
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
  json::error_code failed;
  const auto number = value->to_number<std::int64_t>(failed);
  if (failed) return std::nullopt;
  return number;
}

bool flag_of(const json::object& in, std::string_view name) {
  const json::value* value = in.if_contains(name);
  if (value == nullptr) return false;
  return value->is_string() ? value->as_string() == "true" : value->is_bool() && value->as_bool();
}

const json::object* object_if(const json::object& in, std::string_view name) {
  const json::value* value = in.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_if(const json::object& in, std::string_view name) {
  const json::value* value = in.if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<json::object> parse_object(std::string_view text) {
  if (text.empty()) return json::object();
  json::error_code failed;
  json::value value = json::parse(text, failed);
  if (failed || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

}  // namespace cordon::cloud
