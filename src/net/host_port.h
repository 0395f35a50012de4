#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cordon {

/// Where to listen. `host` is a name or an address, without the brackets of IPv6.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

/// Whether the name or address, with the brackets of IPv6 or without, is this machine's own: what
/// is sent there stays here. Pure.
bool is_loopback(std::string_view host);

/// "127.0.0.1:9464" or "[::1]:9464". Pure. Errors: invalid.
Result<HostPort> parse_host_port(const std::string& text);

}  // namespace cordon
