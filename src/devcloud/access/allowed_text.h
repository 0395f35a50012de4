#pragma once

#include <string_view>

namespace cordon::cloud {

/// Whether SQS and SNS take the text: #x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] |
/// [#x10000 to #x10FFFF], as the reference of SQS's SendMessage says. Pure.
bool is_allowed_text(std::string_view text);

}  // namespace cordon::cloud
