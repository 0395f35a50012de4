#include "net/beast_connection.h"

// Why a timer and not Beast's tcp_stream: that one closes the socket when its time is over, and a
// client whose request is too slow is told so (408) before its connection goes.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cerrno>
#include <exception>

#include "base/check.h"
#include "net/response_head.h"

namespace cordon {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using SteadyTimer = asio::steady_timer;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kHeadReadBytes = 16U << 10U;
constexpr std::size_t kPieceBytes = 256U << 10U;
constexpr std::size_t kKeptBufferBytes = 64U << 10U;
// After a refusal in the middle of a body the rest is read and dropped, so long and so far, because
// closing at once would make the kernel take the refusal back with a reset.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::uint64_t kLingerBytesMax = 64U << 20U;
constexpr std::chrono::seconds kWriteTimeWhenStopping{2};

std::string_view view_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

int status_of(Errc code) {
  switch (code) {
    case Errc::invalid:
      return 400;
    case Errc::denied:
      return 403;
    case Errc::cancelled:
    case Errc::timeout:
    case Errc::unavailable:
    case Errc::throttled:
    case Errc::not_found:
    case Errc::changed:
    case Errc::worker_died:
      return 500;
  }
  return 500;
}

}  // namespace

BeastConnection::BeastConnection(ServerState& server, asio::ip::tcp::socket socket,
                                 std::string peer)
    : server_(server), socket_(std::move(socket)), timer_(server.io), peer_(std::move(peer)) {
  server_.connections.insert(this);
}

BeastConnection::~BeastConnection() { server_.connections.erase(this); }

void BeastConnection::start() {
  asio::co_spawn(
      server_.io, [self = shared_from_this()] { return self->run(); },
      [self = shared_from_this()](const std::exception_ptr& failure) {
        // Beast and Asio throw for lack of memory and the like; one connection is lost.
        if (failure)
          self->server_.log.write_limited(LogLevel::error, "http.connection_failed",
                                          {{"peer", self->peer_}});
      });
}

void BeastConnection::stop() {
  closing_ = true;
  stop_.request_stop();
  switch (phase_) {
    case Phase::idle:
    case Phase::head:
    case Phase::body:
    case Phase::lingering: {
      error_code ignored;
      socket_.cancel(ignored);
      return;
    }
    case Phase::writing:
      enter(Phase::writing);
      return;
    case Phase::handling:
      return;
  }
}

std::optional<std::chrono::steady_clock::time_point> BeastConnection::patience_ends() const {
  const bool waits_for_client =
      phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body;
  if (!waits_for_client || closing_) return std::nullopt;
  return timer_.expiry();
}

void BeastConnection::enter(Phase phase) {
  phase_ = phase;
  timer_.expires_at(end_of(phase));
  timed_out_ = timer_.expiry() <= SteadyTimer::clock_type::now();
  if (phase == Phase::handling || timed_out_) return;
  timer_.async_wait([weak = weak_from_this()](const error_code& set_anew) {
    const auto self = weak.lock();
    // It may have been set anew when this call was under way already.
    if (set_anew || !self || self->timer_.expiry() > SteadyTimer::clock_type::now()) return;
    self->timed_out_ = true;
    error_code ignored;
    self->socket_.cancel(ignored);
  });
}

std::chrono::steady_clock::time_point BeastConnection::end_of(Phase phase) {
  const auto now = SteadyTimer::clock_type::now();
  const auto usual = now + server_.options.idle_timeout;
  switch (phase) {
    case Phase::idle:
    case Phase::head:
    case Phase::body:
      return usual;
    case Phase::handling:
      return SteadyTimer::time_point::max();
    case Phase::writing:
      if (!server_.stopping) return usual;
      // Set once: a client that reads slowly must not prolong the stop piece by piece.
      if (!last_moment_) last_moment_ = now + kWriteTimeWhenStopping;
      return std::min(usual, *last_moment_);
    case Phase::lingering:
      return now + kLingerTime;
  }
  return usual;
}

void BeastConnection::close() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

asio::awaitable<void> BeastConnection::run() {
  // Ends with the client, an error, a timeout or the server; each round waits for a whole request.
  bool more = true;
  while (more) {
    more = co_await serve_one();
    more = more && !closing_;
  }
  close();
}

asio::awaitable<bool> BeastConnection::serve_one() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_.options.header_bytes_max));
  parser_->body_limit(boost::none);
  Refusal refusal = co_await read_head();
  ServerRequest request;
  std::shared_ptr<UploadSink> sink;
  if (!refusal) {
    request = take_head();
    refusal = co_await read_body(request, sink);
  }
  if (refusal) {
    co_await refuse(*refusal);
    co_return false;
  }
  const bool keep_alive = parser_->get().keep_alive();
  const bool http_1_0 = parser_->get().version() == 10;
  ServerResponse response = co_await handle(request, sink);
  const bool is_head = request.method == "HEAD";
  co_return co_await send(std::move(response), keep_alive, http_1_0, is_head);
}

BeastConnection::Refusal BeastConnection::interrupted() const {
  return timed_out_ && phase_ != Phase::idle && !closing_ ? 408 : 0;
}

asio::awaitable<bool> BeastConnection::fill(std::size_t bytes_max) {
  if (closing_ || timed_out_) co_return false;
  auto [failed, count] = co_await socket_.async_read_some(buffer_.prepare(bytes_max), kTuple);
  buffer_.commit(count);
  co_return !failed && count > 0;
}

asio::awaitable<BeastConnection::Refusal> BeastConnection::read_head() {
  if (buffer_.size() == 0 && buffer_.capacity() > kKeptBufferBytes) buffer_.shrink_to_fit();
  enter(buffer_.size() == 0 ? Phase::idle : Phase::head);
  for (;;) {  // At most header_bytes_max bytes, within one idle timeout from the first.
    if (buffer_.size() > 0) {
      error_code failed;
      const std::size_t used = parser_->put(buffer_.data(), failed);
      buffer_.consume(used);
      if (failed == http::error::header_limit) co_return 431;
      if (failed && failed != http::error::need_more) co_return 400;
      if (parser_->is_header_done()) co_return head_refusal();
    }
    const bool filled = co_await fill(kHeadReadBytes);
    if (!filled) co_return interrupted();
    if (phase_ == Phase::idle) enter(Phase::head);
  }
}

BeastConnection::Refusal BeastConnection::head_refusal() const {
  const auto& head = parser_->get();
  // Beast takes a transfer coding that it does not know for "no body", and would read the body as
  // the next request.
  if (head.find(http::field::transfer_encoding) != head.end() && !parser_->chunked()) return 501;
  if (head.version() == 11 && head.count(http::field::host) != 1) return 400;
  return std::nullopt;
}

ServerRequest BeastConnection::take_head() {
  const auto& head = parser_->get();
  ServerRequest request;
  request.method = view_of(head.method_string());
  request.target = view_of(head.target());
  request.peer = peer_;
  for (const auto& field : head) {
    request.headers.add(std::string(view_of(field.name_string())),
                        std::string(view_of(field.value())));
  }
  return request;
}

asio::awaitable<BeastConnection::Refusal> BeastConnection::read_body(
    ServerRequest& request, std::shared_ptr<UploadSink>& sink) {
  if (parser_->is_done()) co_return std::nullopt;
  if (server_.options.upload) {
    enter(Phase::handling);
    std::function<void()> ask = [&] { sink = server_.options.upload(request); };
    co_await on_handler_thread(std::move(ask));
  }
  const std::uint64_t announced = parser_->content_length().value_or(kPieceBytes);
  if (!sink && parser_->content_length() && announced > server_.options.body_bytes_max) {
    co_return 413;
  }
  const auto& head = parser_->get();
  if (boost::beast::iequals(head[http::field::expect], "100-continue") && buffer_.size() == 0) {
    enter(Phase::writing);
    const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
    if (!written) co_return 0;
  }
  parser_->eager(true);
  std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(announced, kPieceBytes)),
                    '\0');
  while (!parser_->is_done()) {  // Bounded by the body limit or, with a sink, by the sink.
    enter(Phase::body);
    if (buffer_.size() == 0) {
      const bool filled = co_await fill(kPieceBytes);
      if (!filled) co_return interrupted();
    }
    auto& body = parser_->get().body();
    body.data = piece.data();
    body.size = piece.size();
    body.more = true;
    error_code failed;
    const std::size_t used = parser_->put(buffer_.data(), failed);
    buffer_.consume(used);
    const std::size_t got = piece.size() - body.size;
    const bool starving = failed == http::error::need_more;
    if (failed && !starving && failed != http::error::need_buffer) co_return 400;
    if (got > 0) {
      Refusal refusal =
          co_await keep_piece(std::string_view(piece).substr(0, got), request, sink.get());
      if (refusal) co_return refusal;
    }
    // Half a chunk header is left in the buffer: only more bytes get it any further.
    if (starving && buffer_.size() > 0) {
      if (buffer_.size() > server_.options.header_bytes_max) co_return 431;
      enter(Phase::body);
      const bool filled = co_await fill(kPieceBytes);
      if (!filled) co_return interrupted();
    }
  }
  co_return std::nullopt;
}

asio::awaitable<BeastConnection::Refusal> BeastConnection::keep_piece(std::string_view piece,
                                                                      ServerRequest& request,
                                                                      UploadSink* sink) {
  if (sink == nullptr) {
    if (piece.size() > server_.options.body_bytes_max - request.body.size()) co_return 413;
    request.body.append(piece);
    co_return std::nullopt;
  }
  enter(Phase::handling);
  Result<void> written;
  std::function<void()> write_piece = [&] { written = sink->write(piece); };
  co_await on_handler_thread(std::move(write_piece));
  if (written) co_return std::nullopt;
  server_.log.write_limited(LogLevel::warn, "http.upload_refused",
                            {{"peer", peer_}, {"error", written.error()}});
  co_return status_of(written.error().code);
}

asio::awaitable<ServerResponse> BeastConnection::handle(const ServerRequest& request,
                                                        const std::shared_ptr<UploadSink>& sink) {
  enter(Phase::handling);
  watch_for_departure();
  ServerResponse response;
  std::function<void()> work = [&] {
    response = server_.handler(request, sink, stop_.get_token());
  };
  co_await on_handler_thread(std::move(work));
  error_code ignored;
  socket_.cancel(ignored);  // The watch.
  co_return response;
}

// A long poll should end when nobody waits for its answer any more. Bytes that arrive meanwhile are
// the next request: they stay where they are, and the watch is over.
void BeastConnection::watch_for_departure() {
  socket_.async_wait(
      asio::ip::tcp::socket::wait_read, [self = shared_from_this()](const error_code& failed) {
        if (failed || self->phase_ != Phase::handling) return;
        char byte = 0;
        const ssize_t n = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        const bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
        if (!gone) return;
        self->closing_ = true;
        self->stop_.request_stop();
      });
}

asio::awaitable<void> BeastConnection::on_handler_thread(std::function<void()> work) {
  auto initiate = [this, &work](auto handler) {
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));  // std::function copies.
    std::function<void()> job = [this, &work, resume = std::move(resume)]() mutable {
      work();
      asio::post(server_.io, [resume = std::move(resume)] { std::move (*resume)(); });
    };
    CORDON_CHECK(server_.jobs.try_push(std::move(job)));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate,
                                                                       asio::use_awaitable);
}

asio::awaitable<bool> BeastConnection::send(ServerResponse response, bool keep_alive, bool http_1_0,
                                            bool is_head) {
  if (!is_sendable(response)) {
    server_.log.error("http.unsendable_response", {{"peer", peer_}, {"status", response.status}});
    response = ServerResponse{.status = 500};
  }
  if (const auto wish = response.headers.get("Connection")) {
    keep_alive = keep_alive && !equal_ignoring_case(*wish, "close");
  }
  const std::uint64_t bytes =
      is_head || !may_have_body(response.status) ? 0 : body_bytes_of(response);
  keep_alive = keep_alive && !closing_;
  const std::string head =
      response_head(response, {.http_1_0 = http_1_0, .keep_alive = keep_alive});
  enter(Phase::writing);
  const std::size_t in_memory = response.file ? 0 : static_cast<std::size_t>(bytes);
  bool sent = co_await write(head, std::string_view(response.body).substr(0, in_memory));
  if (sent && response.file) sent = co_await send_file(response, bytes);
  co_return sent&& keep_alive;
}

asio::awaitable<bool> BeastConnection::send_file(const ServerResponse& response,
                                                 std::uint64_t bytes) {
  std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kPieceBytes)), '\0');
  std::uint64_t sent = 0;
  while (sent < bytes) {
    const std::size_t want =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes - sent, piece.size()));
    const ssize_t got = ::pread(response.file->get(), piece.data(), want,
                                static_cast<off_t>(response.file_offset + sent));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      // The length is announced already: a closed connection tells the client, padding would lie.
      server_.log.write_limited(LogLevel::error, "http.file_cut",
                                {{"peer", peer_}, {"sent", sent}, {"bytes", bytes}});
      co_return false;
    }
    enter(Phase::writing);
    const std::string_view ready(piece.data(), static_cast<std::size_t>(got));
    const bool written = co_await write(ready, {});
    if (!written) co_return false;
    sent += static_cast<std::uint64_t>(got);
  }
  co_return true;
}

// In steps, so that a slow reader is told from one that is gone.
asio::awaitable<bool> BeastConnection::write(std::string_view first, std::string_view second) {
  while (!first.empty() || !second.empty()) {
    if (timed_out_) co_return false;
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(first), asio::buffer(second)};
    auto [failed, count] = co_await socket_.async_write_some(buffers, kTuple);
    if (failed) co_return false;
    enter(Phase::writing);
    const std::size_t from_first = std::min(count, first.size());
    first.remove_prefix(from_first);
    second.remove_prefix(count - from_first);
  }
  co_return true;
}

asio::awaitable<void> BeastConnection::refuse(int status) {
  if (status == 0) co_return;
  ServerResponse response{.status = status};
  response.headers.add("Content-Type", "text/plain");
  response.body = "request refused\n";
  co_await send(std::move(response), false, false, false);
  if (closing_ || timed_out_) co_return;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  enter(Phase::lingering);
  for (std::uint64_t dropped = 0; dropped < kLingerBytesMax;) {
    buffer_.clear();
    const bool filled = co_await fill(kPieceBytes);
    if (!filled) co_return;
    dropped += buffer_.size();
  }
}

}  // namespace cordon
