#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What SQS and SNS carry: text of #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF,
// as the reference of SendMessage says. Anything else is refused for good, body and attributes
// alike, and the object that it tells of would be lost. So whatever is sent passes one of these.
// Internal to aws.

namespace cordon {

/// Whether queues and topics take it. Pure.
bool is_message_text(std::string_view text);

/// A body as queues and topics take it: unchanged where they do. JSON stays the same document, for
/// what they refuse is escaped (U+FFFE becomes \ufffe); what may not stand in JSON either
/// (controls, bytes that are no UTF-8) becomes U+FFFD. Our own documents are ASCII already
/// (`ascii_json`); this is for those of others, which dead letters hold. Pure.
std::string message_body(std::string_view text);

/// The value of an attribute, which is no JSON: what is refused becomes U+FFFD. At most `bytes_max`
/// long, cut at a character border. Pure.
std::string message_attribute(std::string_view text, std::size_t bytes_max);

}  // namespace cordon
