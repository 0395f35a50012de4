// Frames and descriptors over SOCK_SEQPACKET.
//
// The kernel keeps message borders, so half a frame cannot arrive and no length field of the peer
// is ever believed. What can arrive is too much: MSG_TRUNC tells of more bytes than the buffer
// holds and MSG_CTRUNC of more descriptors, and both make the frame invalid. Every descriptor that
// the kernel did install is owned by a UniqueFd before anything else is looked at, or a peer could
// fill our table by sending frames that we refuse.
#include "ipc/channel.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/files.h"
#include "ipc/wait.h"

namespace cordon {
namespace {

// One more than any frame may carry, so that a surplus is seen and closed rather than cut silently.
constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * (Channel::kDescriptorsMax + 1));

bool is_gone(int error_number) {
  return error_number == EPIPE || error_number == ECONNRESET || error_number == ENOTCONN;
}

Error gone() { return Error{Errc::unavailable, "the peer has closed the connection"}; }

void take_descriptors(msghdr& message, std::vector<UniqueFd>& out) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      out.emplace_back(descriptor);
    }
  }
}

}  // namespace

Result<Channel::Pair> Channel::pair(const Clock& clock) {
  std::array<int, 2> ends = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return errno_error("socketpair", errno);
  }
  return Pair{Channel(UniqueFd(ends[0]), clock), Channel(UniqueFd(ends[1]), clock)};
}

Result<void> Channel::send(std::string_view bytes, std::span<const int> descriptors,
                           Deadline deadline, const std::stop_token& stop) {
  CORDON_CHECK(descriptors.size() <= kDescriptorsMax);
  if (bytes.empty() || bytes.size() > kFrameBytesMax) {
    return Error{Errc::invalid, "a frame of " + std::to_string(bytes.size()) + " bytes"};
  }
  // SAFETY: sendmsg does not write through iov_base.
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  for (;;) {
    CORDON_TRY(wait_until_ready(socket_.get(), Readiness::writable, deadline, stop, *clock_));
    if (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
    if (is_gone(errno)) return gone();
    if (errno != EAGAIN && errno != EINTR) return errno_error("sendmsg", errno);
  }
}

Result<Frame> Channel::receive(FrameLimits limits, Deadline deadline, const std::stop_token& stop) {
  CORDON_CHECK(limits.bytes_max <= kFrameBytesMax && limits.descriptors_max <= kDescriptorsMax);
  Frame frame;
  frame.bytes.resize(limits.bytes_max);
  iovec part{frame.bytes.data(), frame.bytes.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  ssize_t received = -1;
  while (received < 0) {
    CORDON_TRY(wait_until_ready(socket_.get(), Readiness::readable, deadline, stop, *clock_));
    message.msg_controllen = control.size();
    received = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received >= 0) break;
    if (is_gone(errno)) return gone();
    if (errno != EAGAIN && errno != EINTR) return errno_error("recvmsg", errno);
  }
  take_descriptors(message, frame.descriptors);
  if (received == 0 && frame.descriptors.empty()) return gone();
  if ((message.msg_flags & MSG_TRUNC) != 0) {
    return Error{Errc::invalid,
                 "a frame of more than " + std::to_string(limits.bytes_max) + " bytes"};
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0 || frame.descriptors.size() > limits.descriptors_max) {
    return Error{Errc::invalid, "a frame with more than " + std::to_string(limits.descriptors_max) +
                                    " descriptors"};
  }
  frame.bytes.resize(static_cast<std::size_t>(received));
  return frame;
}

}  // namespace cordon
