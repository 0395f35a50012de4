#include "net/host_port.h"

#include <optional>
#include <string_view>

#include "base/text.h"

namespace cordon {

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
