#include "testing/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>

#include "base/check.h"

namespace cordon {

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{10, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CORDON_CHECK(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawClient::read_more() {
  char buffer[65536];
  const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
  if (n > 0) read_.append(buffer, static_cast<std::size_t>(n));
  return n > 0;
}

std::string RawClient::read_all() {
  while (read_more()) {
  }
  return std::move(read_);
}

std::string RawClient::read_response(bool has_body) {
  constexpr std::string_view kLength = "Content-Length: ";
  for (;;) {
    const std::size_t head_end = read_.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      const std::size_t field = read_.find(kLength);
      std::size_t size = head_end + 4;
      if (has_body && field < head_end) {
        size += std::strtoull(read_.c_str() + field + kLength.size(), nullptr, 10);
      }
      if (read_.size() >= size) {
        std::string response = read_.substr(0, size);
        read_.erase(0, size);
        return response;
      }
    }
    if (!read_more()) return std::move(read_);
  }
}

bool RawClient::closed() { return read_.empty() && !read_more(); }

int status_of(std::string_view response) {
  if (response.size() < 12 || !response.starts_with("HTTP/1.")) return 0;
  return std::atoi(std::string(response.substr(9, 3)).c_str());
}

std::string body_of(std::string_view response) {
  const std::size_t head_end = response.find("\r\n\r\n");
  return head_end == std::string_view::npos ? "" : std::string(response.substr(head_end + 4));
}

}  // namespace cordon
