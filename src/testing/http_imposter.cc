#include "testing/http_imposter.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/check.h"
#include "base/narrow.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr int kPollMs = 20;
constexpr std::size_t kRawRequestBytesMax = 1U << 20U;

std::string loopback_url(std::uint16_t port, std::string_view target) {
  return "http://127.0.0.1:" + std::to_string(port) + std::string(target);
}

// A listening socket on a free port, and that port.
std::pair<UniqueFd, std::uint16_t> bound_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  CORDON_CHECK(::bind(fd.get(), raw, size) == 0);
  CORDON_CHECK(::getsockname(fd.get(), raw, &size) == 0);
  return {std::move(fd), ntohs(address.sin_port)};
}

// True when there is something to read or the client left; false when nothing came for a while.
bool readable(int fd) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, kPollMs) > 0;
}

}  // namespace

HttpImposter::HttpImposter(HttpServerOptions options)
    : options_(std::move(options)), log_(LogLevel::off, clock_, [](std::string_view) {}) {
  come_back();
}

HttpImposter::~HttpImposter() { server_.reset(); }

std::string HttpImposter::url(std::string_view target) const { return loopback_url(port_, target); }

void HttpImposter::come_back() {
  options_.port = port_;
  auto server = HttpServer::start(
      options_,
      [this](const ServerRequest& request, const std::shared_ptr<UploadSink>&,
             std::stop_token stop) { return serve(request, std::move(stop)); },
      log_);
  CORDON_CHECK(server.ok());
  server_ = std::move(server).value();
  port_ = server_->port();
}

void HttpImposter::go_away() { server_.reset(); }

void HttpImposter::answer(ServerResponse response) {
  answer(
      [response = std::move(response)](const ServerRequest&, std::stop_token) { return response; });
}

void HttpImposter::answer(Script script) {
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(script));
}

void HttpImposter::answer_rest(Script script) {
  std::lock_guard lock(mutex_);
  rest_ = std::move(script);
}

void HttpImposter::answer_never() {
  answer([this](const ServerRequest&, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [] { return false; });
    ++departures_;
    changed_.notify_all();
    return ServerResponse{.status = 503};
  });
}

void HttpImposter::hold() {
  std::lock_guard lock(mutex_);
  held_ = true;
}

void HttpImposter::release() {
  std::lock_guard lock(mutex_);
  held_ = false;
  changed_.notify_all();
}

std::vector<ServerRequest> HttpImposter::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

bool HttpImposter::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return requests_.size() >= count; });
}

std::size_t HttpImposter::connections() const {
  std::lock_guard lock(mutex_);
  return peers_.size();
}

std::size_t HttpImposter::departures() const {
  std::lock_guard lock(mutex_);
  return departures_;
}

bool HttpImposter::wait_for_departures(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return departures_ >= count; });
}

HttpImposter::Script HttpImposter::next_script(const ServerRequest& request) {
  std::lock_guard lock(mutex_);
  requests_.push_back(request);
  peers_.insert(request.peer);
  changed_.notify_all();
  if (queue_.empty()) return rest_;
  Script script = std::move(queue_.front());
  queue_.pop_front();
  return script;
}

ServerResponse HttpImposter::serve(const ServerRequest& request, std::stop_token stop) {
  const Script script = next_script(request);
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return !held_; });
  }
  if (!script) return {.status = 500, .body = "the test expected no such request"};
  return script(request, std::move(stop));
}

std::uint16_t unused_port() { return bound_socket().second; }

std::string RawImposter::Connection::read_request(std::size_t body_bytes) {
  while (!stop_.stop_requested()) {
    const std::size_t head = read_.find("\r\n\r\n");
    if (head != std::string::npos && read_.size() >= head + 4 + body_bytes) {
      std::string request = read_.substr(0, head + 4 + body_bytes);
      read_.erase(0, request.size());
      return request;
    }
    const std::string more = read_some();
    if (more.empty() || read_.size() > kRawRequestBytesMax + body_bytes) return {};
    read_ += more;
  }
  return {};
}

std::string RawImposter::Connection::read_some() {
  while (!stop_.stop_requested()) {
    if (!readable(fd_)) continue;
    char buffer[4096];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
  }
  return {};
}

void RawImposter::Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void RawImposter::Connection::trickle(std::string_view bytes, std::chrono::milliseconds pause) {
  const RealClock clock;
  for (const char& byte : bytes) {
    if (::send(fd_, &byte, 1, MSG_NOSIGNAL) != 1) return;
    if (!clock.wait_for(pause, stop_)) return;
  }
}

void RawImposter::Connection::wait_for_departure() {
  while (!read_some().empty()) {
  }
}

void RawImposter::Connection::read_nothing() {
  RealClock().wait_until(SteadyTime::clock::now() + std::chrono::hours(1), stop_);
}

void RawImposter::Connection::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

RawImposter::RawImposter(Script script) : script_(std::move(script)) {
  std::tie(listener_, port_) = bound_socket();
  CORDON_CHECK(::listen(listener_.get(), SOMAXCONN) == 0);
  acceptor_ = std::jthread([this](std::stop_token stop) { accept_all(std::move(stop)); });
}

RawImposter::~RawImposter() {
  acceptor_ = {};
  for (auto& server : servers_) server.request_stop();
  {
    std::lock_guard lock(mutex_);
    for (const auto& socket : sockets_) ::shutdown(socket->get(), SHUT_RDWR);  // -1 is harmless.
  }
  servers_.clear();
}

std::string RawImposter::url(std::string_view target) const { return loopback_url(port_, target); }

int RawImposter::connections() const {
  std::lock_guard lock(mutex_);
  return narrow<int>(sockets_.size());
}

void RawImposter::accept_all(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (!readable(listener_.get())) continue;
    auto socket =
        std::make_shared<UniqueFd>(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!*socket) continue;
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    const int number = narrow<int>(sockets_.size());
    servers_.emplace_back([this, socket, number](std::stop_token own) {
      Connection connection(socket->get(), std::move(own));
      script_(connection, number);
      std::lock_guard closing(mutex_);
      socket->reset();
    });
  }
}

}  // namespace cordon
