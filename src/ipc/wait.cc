#include "ipc/wait.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>

#include "base/files.h"
#include "base/unique_fd.h"

namespace cordon {
namespace {

// An eventfd remembers: a stop request that comes between the check and the poll makes the poll
// return at once, so none is lost or late.
Result<UniqueFd> make_alarm(const std::stop_token& stop) {
  if (!stop.stop_possible()) return UniqueFd();
  UniqueFd alarm(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!alarm) return errno_error("eventfd", errno);
  return alarm;
}

}  // namespace

Result<void> wait_until_ready(int descriptor, Readiness readiness, Deadline deadline,
                              const std::stop_token& stop, const Clock& clock) {
  CORDON_TRY(const UniqueFd alarm, make_alarm(stop));
  const std::stop_callback ring(stop, [fd = alarm.get()]() noexcept {
    // A full counter would already wake the poll: a failed write changes nothing.
    if (fd >= 0) static_cast<void>(::eventfd_write(fd, 1));
  });
  const short events = readiness == Readiness::readable ? POLLIN : POLLOUT;
  for (;;) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while waiting for a peer"};
    // poll ignores negative descriptors: without a stop token there is no alarm.
    std::array<pollfd, 2> polled = {pollfd{descriptor, events, 0}, pollfd{alarm.get(), POLLIN, 0}};
    const int left_ms = deadline.is_never() ? -1 : deadline.left_ms(clock);
    const int ready = ::poll(polled.data(), polled.size(), left_ms);
    if (ready < 0 && errno != EINTR) return errno_error("poll", errno);
    if (ready > 0 && polled[1].revents == 0) return {};
    if (ready == 0 && deadline.passed(clock)) {
      return Error{Errc::timeout, "the peer did not answer in time"};
    }
  }
}

}  // namespace cordon
