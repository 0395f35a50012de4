#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "devcloud/aws_error.h"

// What SQS's requests and refusals have in common.

namespace cordon::cloud {

/// Of a message with its attributes, and of all messages of a batch.
inline constexpr std::size_t kSqsMessageBytesMax = 1'048'576;

/// An error of status 400.
AwsError refuse(std::string code, std::string message);
AwsError missing(std::string_view parameter);
AwsError bad_value(std::string_view name, std::string_view value, std::string_view reason);
AwsError no_queue();

/// What the older protocol calls an error.
std::string query_code(std::string_view code);

/// The texts of a list; empty when there is none.
std::vector<std::string> names_in(const boost::json::object& in, std::string_view name);
/// Whether a list of names, which may have wildcards, asks for this one.
bool wants(const std::vector<std::string>& names, std::string_view name);

}  // namespace cordon::cloud
