#include "console/client_address.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kAddressBytesMax = 64;

// "192.0.2.1:4711", "[2001:db8::1]:4711" and either without a port.
std::string without_port(std::string_view address) {
  if (address.starts_with('[')) {
    address = address.substr(1, std::min(address.find(']'), address.size()) - 1);
  } else if (std::count(address.begin(), address.end(), ':') == 1) {
    address = address.substr(0, address.find(':'));
  }
  return utf8_clean(address, kAddressBytesMax);
}

// Of all fields of that name, in order: a proxy may add one of its own.
std::vector<std::string_view> forwarded_for(const ServerRequest& request) {
  std::vector<std::string_view> entries;
  for (const auto& [name, text] : request.headers.all()) {
    if (!equal_ignoring_case(name, "X-Forwarded-For")) continue;
    std::string_view rest = text;
    for (bool is_more = true; is_more;) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      entries.push_back(trim(rest.substr(0, end)));
      is_more = end < rest.size();
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return entries;
}

}  // namespace

std::string client_address(const ServerRequest& request, std::size_t proxies) {
  if (proxies > 0) {
    const std::vector<std::string_view> entries = forwarded_for(request);
    if (entries.size() >= proxies) {
      const std::string_view entry = entries[entries.size() - proxies];
      if (!entry.empty()) return without_port(entry);
    }
  }
  return without_port(request.peer);
}

}  // namespace cordon
