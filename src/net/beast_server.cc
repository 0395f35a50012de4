// The HTTP server: one I/O thread that owns every socket, and a bounded pool of handler threads.
//
// Coroutines stop at the border of this folder: handlers are plain blocking functions.

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "base/files.h"
#include "net/beast_connection.h"
#include "net/http_server.h"

namespace cordon {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptPause{50};

void name_this_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

Result<tcp::endpoint> endpoint_of(const HttpServerOptions& options) {
  error_code failed;
  const std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
  const asio::ip::address address = asio::ip::make_address(host, failed);
  if (failed) return Error{Errc::invalid, "cannot listen on " + options.host + ": not an address"};
  return tcp::endpoint(address, options.port);
}

Result<void> listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code failed;
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (!failed) return {};
  return errno_error(
      "cannot listen on " + endpoint.address().to_string() + ":" + std::to_string(endpoint.port()),
      failed.value());
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

void say_busy(tcp::socket& socket) {
  constexpr std::string_view kBusy =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  (void)::send(socket.native_handle(), kBusy.data(), kBusy.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

// Room for one more. Clients that send nothing, or byte by byte, must not keep others out (a probe
// of our health among them): the one that has been waited for longest has to go.
bool make_room(ServerState& server) {
  if (server.connections.size() >= server.connections_bound()) return false;
  BeastConnection* slowest = nullptr;
  std::size_t staying = 0;
  for (BeastConnection* connection : server.connections) {
    if (connection->is_leaving()) continue;
    ++staying;
    const auto end = connection->patience_ends();
    if (end && (slowest == nullptr || *end < *slowest->patience_ends())) slowest = connection;
  }
  if (staying < server.options.connections_max) return true;
  if (slowest != nullptr) slowest->stop();
  return slowest != nullptr;
}

asio::awaitable<void> accept_clients(ServerState& server, tcp::acceptor& acceptor) {
  while (!server.stopping) {
    auto [failed, socket] = co_await acceptor.async_accept(kTuple);
    if (server.stopping) co_return;
    if (failed) {
      // Out of descriptors, most likely: a closing connection frees one.
      server.log.warn("http.accept_failed", {{"error", failed.message()}});
      asio::steady_timer pause(server.io, kAcceptPause);
      co_await pause.async_wait(kTuple);
      continue;
    }
    error_code ignored;
    const tcp::endpoint peer = socket.remote_endpoint(ignored);
    if (ignored) continue;
    if (server.connections.size() >= server.options.connections_max && !make_room(server)) {
      say_busy(socket);
      continue;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<BeastConnection>(server, std::move(socket), text_of(peer))->start();
  }
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpServerOptions options, HttpHandler handler, Log& log)
      : state(std::move(options), std::move(handler), log), acceptor(state.io) {}

  void run_handlers(std::size_t number) {
    name_this_thread("http-" + std::to_string(number));
    while (auto job = state.jobs.pop({})) (*job)();
  }
  void run_io() {
    name_this_thread("http-io");
    state.io.run();
  }
  void begin_to_stop() {
    state.stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    for (BeastConnection* connection : state.connections) connection->stop();
  }

  ServerState state;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::once_flag stopped;
  std::vector<std::jthread> handlers;
  std::jthread io;
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options,
                                                      HttpHandler handler, Log& log) {
  CORDON_TRY(const tcp::endpoint endpoint, endpoint_of(options));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler), log);
  CORDON_TRY(listen_on(impl->acceptor, endpoint));
  impl->port = impl->acceptor.local_endpoint().port();
  asio::co_spawn(impl->state.io, accept_clients(impl->state, impl->acceptor), asio::detached);
  const std::size_t threads = std::max<std::size_t>(impl->state.options.threads, 1);
  for (std::size_t i = 1; i <= threads; ++i) {
    impl->handlers.emplace_back([raw = impl.get(), i] { raw->run_handlers(i); });
  }
  impl->io = std::jthread([raw = impl.get()] { raw->run_io(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { stop(); }

std::uint16_t HttpServer::port() const { return impl_->port; }

void HttpServer::stop() {
  std::call_once(impl_->stopped, [this] {
    asio::post(impl_->state.io, [this] { impl_->begin_to_stop(); });
    // The I/O thread ends when the last connection does, and each of those waits for its handler.
    impl_->io.join();
    impl_->state.jobs.close();
    impl_->handlers.clear();
  });
}

}  // namespace cordon
