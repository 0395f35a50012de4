#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace cordon {

/// A client for tests that sends any bytes and reads what comes: the server's counterpart of
/// RawImposter. Reads give up after ten seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);

  /// False: the server closed or reset the connection.
  bool send(std::string_view bytes);
  /// Everything until the server closes.
  std::string read_all();
  /// One response: head and as much body as its Content-Length says.
  std::string read_response(bool has_body = true);
  /// True: the server closed the connection, and nothing was left to read.
  bool closed();
  void close() { fd_.reset(); }

 private:
  bool read_more();

  UniqueFd fd_;
  std::string read_;
};

/// The status code of a response, 0 when it is none.
int status_of(std::string_view response);
/// What follows the head.
std::string body_of(std::string_view response);

}  // namespace cordon
