#pragma once

// Private to the HTTP server: the only header that includes Asio and Beast.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/bounded_queue.h"
#include "net/http_server.h"

namespace cordon {

class BeastConnection;

/// What all connections of one server share. Touched by the server's I/O thread only, but for
/// `jobs`.
struct ServerState {
  ServerState(HttpServerOptions given, HttpHandler handle, Log& to)
      : options(std::move(given)),
        handler(std::move(handle)),
        log(to),
        // A connection has at most one job at a time, so that the I/O thread never finds it full.
        jobs(connections_bound() + 1) {}

  /// Those included that were told to go and have not gone yet.
  std::size_t connections_bound() const { return 2 * options.connections_max; }

  const HttpServerOptions options;
  const HttpHandler handler;
  Log& log;
  boost::asio::io_context io{1};
  BoundedQueue<std::function<void()>> jobs;  // Served by the handler threads.
  std::unordered_set<BeastConnection*> connections;
  bool stopping = false;
};

/// One client: reads a request, has it handled, writes the response, and so on until either side
/// has enough. Lives as long as its coroutine; everything happens on the I/O thread but what is
/// handed to the handler threads by `on_handler_thread`, during which the coroutine waits.
class BeastConnection : public std::enable_shared_from_this<BeastConnection> {
 public:
  BeastConnection(ServerState& server, boost::asio::ip::tcp::socket socket, std::string peer);
  ~BeastConnection();
  BeastConnection(const BeastConnection&) = delete;
  BeastConnection& operator=(const BeastConnection&) = delete;

  void start();
  /// The server stops: a waiting connection closes now, a working one after its response.
  void stop();
  /// Until when a client may take that has not sent its whole request; none: it has, or is told to
  /// go.
  std::optional<std::chrono::steady_clock::time_point> patience_ends() const;
  bool is_leaving() const { return closing_; }

 private:
  enum class Phase : std::uint8_t { idle, head, body, handling, writing, lingering };
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
  template <typename T>
  using Task = boost::asio::awaitable<T>;
  /// Nothing: go on. A status: answer it and close. 0: close without a word.
  using Refusal = std::optional<int>;

  Task<void> run();
  Task<bool> serve_one();
  Task<Refusal> read_head();
  Task<Refusal> read_body(ServerRequest& request, std::shared_ptr<UploadSink>& sink);
  Task<Refusal> keep_piece(std::string_view piece, ServerRequest& request, UploadSink* sink);
  Task<bool> fill(std::size_t bytes_max);
  Task<ServerResponse> handle(const ServerRequest& request,
                              const std::shared_ptr<UploadSink>& sink);
  Task<bool> send(ServerResponse response, bool keep_alive, bool http_1_0, bool is_head);
  Task<bool> send_file(const ServerResponse& response, std::uint64_t bytes);
  Task<bool> write(std::string_view first, std::string_view second);
  Task<void> refuse(int status);
  Task<void> on_handler_thread(std::function<void()> work);

  Refusal head_refusal() const;
  Refusal interrupted() const;
  ServerRequest take_head();
  void enter(Phase phase);
  std::chrono::steady_clock::time_point end_of(Phase phase);
  void watch_for_departure();
  void close();

  ServerState& server_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;  // Set anew with each phase.
  const std::string peer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Phase phase_ = Phase::idle;
  /// Once the server stops: until when the last response may be written.
  std::optional<std::chrono::steady_clock::time_point> last_moment_;
  std::stop_source stop_;
  bool timed_out_ = false;  // The phase is over before what it waits for came.
  bool closing_ = false;
};

}  // namespace cordon
