#include "net/host_port.h"

#include <optional>

#include "base/text.h"

namespace cordon {

bool is_loopback(std::string_view host) {
  // Names below localhost are asked of a name server by some resolvers.
  if (host == "localhost" || host == "::1" || host == "[::1]") return true;
  // 127.0.0.0/8 as an address; 127.example.org is a name.
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

Result<HostPort> parse_host_port(const std::string& text) {
  const Error wrong{Errc::invalid, "\"" + text + "\" is not HOST:PORT, such as 127.0.0.1:9464"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong;
  const std::optional<std::uint64_t> port = parse_u64(std::string_view(text).substr(colon + 1));
  if (!port || *port > 65535) return wrong;
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return HostPort{std::move(host), static_cast<std::uint16_t>(*port)};
}

}  // namespace cordon
