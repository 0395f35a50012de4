#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

// What may go onto the wire, and what would turn one request or response into two.

namespace cordon {

/// A field name as HTTP has it: one or more token characters.
bool is_field_name(std::string_view name);
/// A field value without control characters: no CR, LF or NUL smuggles another field in.
bool is_field_value(std::string_view value);

/// "https://host:port" in lower case, as the key under which connections are shared.
/// Errors: invalid, unless `url` is an http or https URL of visible ASCII without user, password or
/// fragment. A fragment would be dropped on its way, and with it the end of an object key.
Result<std::string> origin_of(std::string_view url);

/// Errors: invalid, when method, URL or a header field could not be sent as it stands.
Result<void> check_request(std::string_view method, const Headers& headers);

}  // namespace cordon
