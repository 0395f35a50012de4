#pragma once

#include <string_view>

#include <boost/json/fwd.hpp>

namespace cordon {

/// Prints one line of JSON to standard output. Made for programs, but people see it as well: what
/// would steer a terminal (base/text.h) is written as \u escapes, which say the same to a program.
void print_json_line(const boost::json::value& value);
/// The same of what is serialized already, in one line.
void print_json_line(std::string_view serialized);

}  // namespace cordon
