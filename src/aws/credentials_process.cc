#include "aws/credentials_process.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <csignal>
#include <utility>

#include "aws/bounded_json.h"
#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kTimeMax{60};
constexpr std::size_t kOutputBytesMax = 64U << 10U;
constexpr std::size_t kComplaintBytesMax = 1024;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error("credential process: pipe", errno);
  Pipe made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  ::fcntl(made.read.get(), F_SETFL, O_NONBLOCK);
  return made;
}

// A child that leads its own process group; killed and reaped when it goes.
class Child {
 public:
  static Result<Child> start(const std::string& command, int out, int err) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t defaults;
    ::sigemptyset(&none);  // Our threads may block signals that the child needs.
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string shell = "/bin/sh";
    std::string option = "-c";
    std::string text = command;
    char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = -1;
    const int failed =
        ::posix_spawn(&pid, shell.c_str(), &actions, &attributes, arguments, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) return errno_error("credential process: cannot start /bin/sh", failed);
    Child child(pid);
    // The system call itself: the C library's declaration has C++ linkage in version 2.36.
    child.ended_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
    if (!child.ended_) return errno_error("credential process: pidfd_open", errno);
    return child;
  }

  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), ended_(std::move(other.ended_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    reap();
  }

  int ended_fd() const { return ended_.get(); }

  // Waits for a child that has ended, and kills what it left behind. The exit code; 128 and more
  // for a signal.
  int collect() {
    ::kill(-pid_, SIGKILL);
    const int status = reap();
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  explicit Child(pid_t pid) : pid_(pid) {}

  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  pid_t pid_;
  UniqueFd ended_;
};

// Reads what is there. False once the other end is closed.
bool drain(int fd, std::string& into, std::size_t bytes_max) {
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      OPENSSL_cleanse(buffer.data(), buffer.size());
      return errno == EAGAIN;
    }
    if (n == 0) break;
    const std::size_t room = bytes_max + 1 - std::min(into.size(), bytes_max + 1);
    into.append(buffer.data(), std::min(static_cast<std::size_t>(n), room));
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return false;
}

struct Output {
  std::string text;
  std::string complaint;
};

// Until the child has ended. What its own children write after that is not waited for.
Result<void> gather(const Child& child, int out, int err, Output& output, const Clock& clock,
                    Deadline deadline, std::stop_token stop) {
  const UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return errno_error("credential process: eventfd", errno);
  const std::stop_callback on_stop(stop, [&] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake.get(), &one, sizeof one);
  });
  std::array<pollfd, 4> fds = {
      {{out, POLLIN, 0}, {err, POLLIN, 0}, {child.ended_fd(), POLLIN, 0}, {wake.get(), POLLIN, 0}}};
  for (;;) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "credential process: stopped"};
    if (deadline.passed(clock)) {
      return Error{Errc::timeout, "credential process: it took too long and was killed"};
    }
    // Bounded, because the clock may be a simulated one that another thread moves.
    const int ready =
        ::poll(fds.data(), fds.size(), deadline.left_ms(clock, std::chrono::milliseconds(500)));
    if (ready < 0 && errno != EINTR) return errno_error("credential process: poll", errno);
    if (ready <= 0) continue;
    const bool ended = fds[2].revents != 0;
    if (!drain(out, output.text, kOutputBytesMax)) fds[0].fd = -1;
    if (!drain(err, output.complaint, kComplaintBytesMax)) fds[1].fd = -1;
    if (output.text.size() > kOutputBytesMax) {
      return Error{Errc::unavailable, "credential process: it prints more than 64 KiB"};
    }
    if (ended) return {};
  }
}

Result<AwsCredentials> decode_output(std::string_view text, const std::string& where) {
  const auto document = parse_json_object(text, where, kOutputBytesMax);
  const auto version = document ? u64_member(*document, "Version") : std::nullopt;
  if (version != 1U) {
    return Error{Errc::unavailable,
                 where +
                     ": the credential process does not print version 1 of its format "
                     "({\"Version\": 1, \"AccessKeyId\": ...})"};
  }
  return decode_credentials(text, where);
}

}  // namespace

Result<AwsCredentials> run_credential_process(const std::string& command, const std::string& where,
                                              const Clock& clock, Deadline deadline,
                                              std::stop_token stop) {
  CORDON_TRY(Pipe out, make_pipe());
  CORDON_TRY(Pipe err, make_pipe());
  CORDON_TRY(Child child, Child::start(command, out.write.get(), err.write.get()));
  out.write.reset();
  err.write.reset();
  Output output;
  output.text.reserve(kOutputBytesMax + 1);  // So that no copy of a secret is left by growing.
  const Result<void> gathered = gather(child, out.read.get(), err.read.get(), output, clock,
                                       deadline.at_most(clock, kTimeMax), std::move(stop));
  if (!gathered) {
    wipe(output.text);
    return with_context(gathered.error(), where);
  }
  const int code = child.collect();
  if (code != 0) {
    wipe(output.text);
    return Error{Errc::denied,
                 where + ": the credential process failed with exit code " + std::to_string(code) +
                     ": " + utf8_clean(trim(output.complaint), kComplaintBytesMax),
                 ErrorCause::credentials};
  }
  Result<AwsCredentials> decoded = decode_output(output.text, where);
  wipe(output.text);
  return decoded;
}

}  // namespace cordon
