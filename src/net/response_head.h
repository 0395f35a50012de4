#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_server.h"

// The bytes of a response's head. Pure.

namespace cordon {

/// How long the body is that `response` describes, whether or not it is sent.
std::uint64_t body_bytes_of(const ServerResponse& response);
/// False for 1xx, 204 and 304, which end with their head.
bool may_have_body(int status);

/// Which version the client speaks, and whether the connection stays open behind the response.
struct HeadOptions {
  bool http_1_0 = false;
  bool keep_alive = true;
};

/// Status line and header fields, up to and with the empty line. Length and connection handling are
/// decided here, whatever the handler wrote. A header that would break the message in two turns the
/// whole response into a 500 (see `is_sendable`), which the caller checks first.
std::string response_head(const ServerResponse& response, HeadOptions options);

/// False when a header name or value holds what would forge a field or a second response.
bool is_sendable(const ServerResponse& response);

}  // namespace cordon
