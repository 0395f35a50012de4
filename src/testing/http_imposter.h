#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "net/http_server.h"

namespace cordon {

/// A server in the test's own process that says what the test wants, on a free loopback port.
///
///     HttpImposter s3;
///     s3.answer({.status = 503});         // the first request
///     s3.answer({.body = "hello"});       // the second
///     s3.answer_rest([](const ServerRequest& r, std::stop_token) { ... });   // all others
///
/// Requests are recorded in the order in which they arrived. Unscripted ones are answered 500.
///
/// Threads: any.
class HttpImposter {
 public:
  using Script = std::function<ServerResponse(const ServerRequest& request, std::stop_token stop)>;

  explicit HttpImposter(HttpServerOptions options = {.threads = 16});
  ~HttpImposter();

  std::uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT" and `target`.
  std::string url(std::string_view target = "/") const;

  /// Answers one request, after those that were queued before.
  void answer(ServerResponse response);
  void answer(Script script);
  /// Answers every request for which nothing is queued.
  void answer_rest(Script script);
  /// One request gets no answer until its client goes away or the imposter stops.
  void answer_never();

  /// From now on answers wait for `release`. Requests are recorded when they arrive.
  void hold();
  void release();

  std::vector<ServerRequest> requests() const;
  /// Blocks: until `count` requests have arrived. False: they did not within ten seconds.
  bool wait_for_requests(std::size_t count) const;
  /// How many connections the requests so far came over.
  std::size_t connections() const;
  /// How many handlers saw their stop request: clients that left or a stopping server.
  std::size_t departures() const;
  bool wait_for_departures(std::size_t count) const;

  /// Closes every connection and refuses new ones, until `come_back` on the same port.
  void go_away();
  void come_back();

 private:
  ServerResponse serve(const ServerRequest& request, std::stop_token stop);
  Script next_script(const ServerRequest& request);

  HttpServerOptions options_;
  RealClock clock_;
  Log log_;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::deque<Script> queue_;
  Script rest_;
  bool held_ = false;
  std::vector<ServerRequest> requests_;
  std::set<std::string> peers_;
  std::size_t departures_ = 0;

  std::unique_ptr<HttpServer> server_;  // Last: its threads use all of the above.
};

/// A port of the loopback interface on which nobody listens.
std::uint16_t unused_port();

/// The same one layer below: a listening socket whose script sends any bytes at all. For what is
/// not HTTP, lies about its length, trickles, or stops in the middle of a head.
class RawImposter {
 public:
  /// One accepted connection, for the script.
  class Connection {
   public:
    Connection(int fd, std::stop_token stop) : fd_(fd), stop_(std::move(stop)) {}
    /// Up to the empty line after a request's head, and `body_bytes` more. Empty: the client left.
    std::string read_request(std::size_t body_bytes = 0);
    /// Whatever comes next. Empty: the client left.
    std::string read_some();
    void send(std::string_view bytes);
    /// Sends byte by byte with a pause of real time between, which is what a trickle is, until done
    /// or the client or the imposter goes.
    void trickle(std::string_view bytes, std::chrono::milliseconds pause);
    /// Blocks: until the client leaves or the imposter stops.
    void wait_for_departure();
    /// Blocks until the imposter stops: the client's bytes pile up in the sockets.
    void read_nothing();
    /// Closes so that the client gets a reset instead of an end.
    void reset();

   private:
    int fd_;
    std::stop_token stop_;
    std::string read_;  // Bytes beyond what read_request returned.
  };
  /// Runs on a thread of its own for each connection, which is closed when it returns. `number`
  /// counts connections from 1.
  using Script = std::function<void(Connection& connection, int number)>;

  explicit RawImposter(Script script);
  ~RawImposter();
  RawImposter(const RawImposter&) = delete;
  RawImposter& operator=(const RawImposter&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view target = "/") const;
  int connections() const;

 private:
  void accept_all(std::stop_token stop);

  Script script_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<UniqueFd>> sockets_;  // Shared with the thread that serves each.
  std::vector<std::jthread> servers_;
  std::jthread acceptor_;
};

}  // namespace cordon
