#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/unique_fd.h"

// The C library of Debian 12 declares these without C linkage, so they are called by number.

namespace cordon {

/// A handle on a process, or none with errno set. Race-free only for a child that is not waited
/// for.
inline UniqueFd open_process(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// Sends `signal` to exactly that process. Returns 0 or -1 with errno.
inline int signal_process(const UniqueFd& process, int signal) {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0));
}

}  // namespace cordon
