#pragma once

#include <boost/json.hpp>

#include "devcloud/aws_error.h"

namespace cordon::cloud {

/// Event patterns of EventBridge and filter policies of SNS: an object whose leaves are arrays of
/// alternatives (a value, or one of prefix, suffix, anything-but, numeric, exists,
/// equals-ignore-case, wildcard).
///
/// Returns why `pattern` is none, with this error code.
Answer<void> check_pattern(const boost::json::value& pattern, std::string_view error_code);

/// Whether `event` matches a checked pattern. An array in the event matches when any element does.
bool matches_pattern(const boost::json::object& pattern, const boost::json::object& event);

}  // namespace cordon::cloud
