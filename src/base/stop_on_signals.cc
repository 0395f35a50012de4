#include "base/stop_on_signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "base/check.h"

namespace cordon {

StopOnSignals::StopOnSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  CORDON_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  CORDON_CHECK(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC));
  finish_.reset(::eventfd(0, EFD_CLOEXEC));
  CORDON_CHECK(signals_ && finish_);
  thread_ = std::jthread([this] { wait_for_signals(); });
  ::pthread_setname_np(thread_.native_handle(), "signals");
}

StopOnSignals::~StopOnSignals() {
  const std::uint64_t one = 1;
  // SAFETY: an 8-byte write to an eventfd whose counter is far from its maximum cannot fail.
  [[maybe_unused]] const ssize_t written = ::write(finish_.get(), &one, sizeof one);
}

void StopOnSignals::wait_for_signals() {
  for (;;) {
    pollfd waiting[] = {{signals_.get(), POLLIN, 0}, {finish_.get(), POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0) continue;
    if (waiting[1].revents != 0) return;
    signalfd_siginfo info;
    if (::read(signals_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    if (source_.stop_requested()) std::_Exit(128 + static_cast<int>(info.ssi_signo));
    source_.request_stop();
  }
}

}  // namespace cordon
