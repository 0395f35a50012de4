#pragma once

#include <cstddef>
#include <string>

#include "net/http_server.h"

namespace cordon {

/// Where a request comes from, without its port, for whoever counts failures. `proxies`: how many
/// of ours stand before the console, each of which has added to X-Forwarded-For whom it speaks to;
/// what stands before those entries is the client's own text. Where the header has fewer, and where
/// there is no proxy: the other end of the connection.
std::string client_address(const ServerRequest& request, std::size_t proxies);

}  // namespace cordon
