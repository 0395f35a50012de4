#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cordon::cloud {

// Reading of request documents. A member of another type counts as absent: the caller then says
// which parameter is missing, as AWS does.

std::string text_of(const boost::json::object& in, std::string_view name);
std::optional<std::string> text_if(const boost::json::object& in, std::string_view name);
/// A number, or a text that is one (the query protocol knows only text).
std::optional<std::int64_t> integer_if(const boost::json::object& in, std::string_view name);
bool flag_of(const boost::json::object& in, std::string_view name);
/// Null when absent.
const boost::json::object* object_if(const boost::json::object& in, std::string_view name);
const boost::json::array* array_if(const boost::json::object& in, std::string_view name);

/// A request's body as an object; an empty body is an empty object. Nothing: not JSON.
std::optional<boost::json::object> parse_object(std::string_view text);

}  // namespace cordon::cloud
