#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "net/http.h"

namespace cordon {

/// A request as a plain value. `target` is exactly what the client sent (path and query, still
/// percent-encoded, dot segments and double slashes untouched).
struct ServerRequest {
  std::string method;
  std::string target;
  Headers headers;
  std::string body;
  std::string peer;  ///< "127.0.0.1:40112"
};

/// What a handler answers, as a plain value; the server frames and sends it.
/// To HEAD a handler answers as it would to GET: the server announces the body's length and sends
/// none of it.
struct ServerResponse {
  int status = 200;
  /// Content-Length is the server's and ignored here; `Connection: close` closes after the
  /// response.
  Headers headers = {};
  std::string body = {};
  /// When set, the body is `file_bytes` bytes of this descriptor from `file_offset`, sent in
  /// pieces, and `body` is unused. Keeps large objects out of memory. The connection is closed
  /// where a file turns out to be shorter.
  std::shared_ptr<const UniqueFd> file = nullptr;  // Shared: the store may drop its own meanwhile.
  std::uint64_t file_offset = 0;
  std::uint64_t file_bytes = 0;
};

/// Takes a large request body as it arrives. Returned by `HttpServerOptions::upload`.
///
/// An error from `write` ends the request: the server answers 400 (invalid), 403 (denied) or 500
/// and closes the connection; the handler is not called. A sink that wants another answer remembers
/// its error, takes the rest and lets the handler say so. A body that is cut destroys the sink
/// unasked.
class UploadSink {
 public:
  virtual ~UploadSink() = default;
  /// Threads: a handler thread, one call at a time. May block; the client is slowed down meanwhile.
  virtual Result<void> write(std::string_view bytes) = 0;
};

/// Where an `HttpServer` listens, and what its clients may cost.
struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;   ///< 0: any free port; see HttpServer::port().
  std::size_t threads = 4;  ///< Handlers that may run at the same time.
  /// For one more, the client goes that has been waited for longest: between requests, or for the
  /// rest of one. Where all requests are being answered, it gets 503.
  std::size_t connections_max = 1024;
  std::size_t body_bytes_max = 64U << 20U;
  std::size_t header_bytes_max = 64U << 10U;
  /// Between requests: the connection is closed. For a whole head, or between two pieces of a body:
  /// 408. Between two pieces of a response: the connection is closed.
  std::chrono::milliseconds idle_timeout{60'000};
  /// Optional. Called with the head of each request that has a body of at least one byte; a sink
  /// takes the body instead of `ServerRequest::body` (and body_bytes_max does not apply); null
  /// buffers it as usual. The handler gets the sink back as its second argument. Runs on a handler
  /// thread.
  std::function<std::shared_ptr<UploadSink>(const ServerRequest& head)> upload;
};

/// Answers one request. Runs on a bounded pool of named threads, which a long poll occupies; must
/// not throw. `stop` is requested when the server stops or the client is gone, so that a long poll
/// ends early.
using HttpHandler = std::function<ServerResponse(
    const ServerRequest& request, const std::shared_ptr<UploadSink>& upload, std::stop_token stop)>;

/// An HTTP/1.1 server with keep-alive, limits and timeouts. Stops when it goes.
class HttpServer {
 public:
  /// Errors: invalid (host is no address), unavailable (port taken), denied.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler,
                                                   Log& log);
  ~HttpServer();

  std::uint16_t port() const;
  /// Stops accepting, asks running handlers to stop, waits for them. Idempotent.
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cordon
