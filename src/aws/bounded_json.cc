#include "aws/bounded_json.h"

#include <boost/json.hpp>

#include "aws/bounded_xml.h"
#include "base/text.h"

namespace cordon {
namespace json = boost::json;

namespace {
constexpr std::size_t kDepthMax = 16;
}

Result<json::object> parse_json_object(std::string_view text, std::string_view operation,
                                       std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return broken_reply(operation, "JSON of " + std::to_string(text.size()) + " bytes, at most " +
                                       std::to_string(bytes_max) + " are accepted");
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  options.allow_invalid_utf8 = true;
  json::error_code failed;
  json::value document = json::parse(text, failed, {}, options);
  if (failed) return broken_reply(operation, "JSON: " + failed.message());
  json::object* object = document.if_object();
  if (object == nullptr) return broken_reply(operation, "JSON that is no object");
  return std::move(*object);
}

std::optional<std::string> string_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  const json::string* text = member == nullptr ? nullptr : member->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string(text->begin(), text->end());
}

std::optional<std::uint64_t> u64_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  if (member == nullptr) return std::nullopt;
  if (const json::string* text = member->if_string()) {
    return parse_u64(std::string_view(text->data(), text->size()));
  }
  json::error_code failed;
  const auto number = member->to_number<std::uint64_t>(failed);
  if (failed) return std::nullopt;
  return number;
}

}  // namespace cordon
