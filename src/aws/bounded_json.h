#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "base/result.h"

// JSON as the services write it, read as the hostile input that it is. Internal to aws.

namespace cordon {

/// Parses an object of at most `bytes_max` bytes and 16 levels. Text need not be well-formed UTF-8:
/// message bodies are foreign, and one of them must not make the others unreadable.
/// Errors: unavailable when it is anything else.
Result<boost::json::object> parse_json_object(std::string_view text, std::string_view operation,
                                              std::size_t bytes_max);

/// The member as text; none when it is absent or no string.
std::optional<std::string> string_member(const boost::json::object& object, std::string_view name);
/// The member as a number, also when the service writes it as a string of digits.
std::optional<std::uint64_t> u64_member(const boost::json::object& object, std::string_view name);

}  // namespace cordon
