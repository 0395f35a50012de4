// Which system calls a worker has, and why.
//
// The list was made by tracing the engine over every file type and then taking away: whatever is
// not needed after start kills. Three answers are deliberate:
//  * chmod and friends succeed without being done. libclamav calls chmod before it removes a
//    temporary directory; Landlock does not watch modes, so the real call would let a worker that
//    was taken over change the mode of every file of its user.
//  * ioctl and prctl fail instead of killing: C libraries ask with them whether a stream is a
//    terminal or name their memory, and live well with "no".
//  * fcntl is limited to commands that concern the descriptor alone. F_SETOWN with O_ASYNC would be
//    a way to send signals.
#include "engine/sandbox_policy.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "engine/landlock.h"

namespace cordon {
namespace {

using Answer = SystemCallRule::Answer;

constexpr std::uint64_t kInt = 0xffffffffULL;  // The kernel reads 32 bits of an int argument.

constexpr std::string_view kAllowed[] = {
    // Bytes of open descriptors.
    "read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "lseek",
    "close", "dup", "ftruncate", "fadvise64", "fstat", "newfstatat", "stat", "lstat", "statx",
    // Memory; mmap and mprotect follow below.
    "munmap", "mremap", "madvise", "brk",
    // Files. Landlock confines them to the temporary directory; no call here creates links,
    // devices or sockets.
    "openat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2",
    "getdents64", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "umask",
    // The one socket: frames in, verdicts out. No call creates another.
    "poll", "ppoll", "recvmsg", "sendmsg", "sendto",
    // Time, randomness and facts about this process.
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    "times", "getrandom", "getrusage", "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid",
    "getegid", "uname", "sysinfo", "sched_yield", "sched_getaffinity", "futex",
    // Own signals and the end.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall", "exit",
    "exit_group"};

constexpr int kDescriptorCommands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,    F_SETFD,
                                       F_GETFL, F_SETFL,         F_GET_SEALS};

}  // namespace

SandboxPolicy worker_policy(pid_t self, const WorkerLimits& limits) {
  SandboxPolicy policy;
  policy.limits = limits;
  std::vector<SystemCallRule>& calls = policy.system_calls;
  for (const std::string_view name : kAllowed) calls.push_back({.name = name});
  // Nothing ever becomes executable: neither data nor a file.
  for (const std::string_view name : {"mmap", "mprotect"}) {
    calls.push_back({.name = name, .tests = {{.index = 2, .mask = PROT_EXEC, .value = 0}}});
  }
  for (const int command : kDescriptorCommands) {
    calls.push_back(
        {.name = "fcntl",
         .tests = {{.index = 1, .mask = kInt, .value = static_cast<std::uint64_t>(command)}}});
  }
  // Reading one's own limits (sysconf does), never setting any.
  calls.push_back(
      {.name = "prlimit64",
       .tests = {{.index = 0, .mask = kInt, .value = 0}, {.index = 2, .mask = ~0ULL, .value = 0}}});
  // abort(): only SIGABRT, only oneself.
  calls.push_back({.name = "tgkill",
                   .tests = {{.index = 0, .mask = kInt, .value = static_cast<std::uint64_t>(self)},
                             {.index = 2, .mask = kInt, .value = SIGABRT}}});
  for (const std::string_view name : {"chmod", "fchmod", "fchmodat"}) {
    calls.push_back({.name = name, .answer = Answer::pretend});
  }
  calls.push_back({.name = "ioctl", .answer = Answer::refuse, .error_number = ENOTTY});
  calls.push_back({.name = "prctl", .answer = Answer::refuse, .error_number = EINVAL});
  policy.landlock_files = kTemporaryDirectoryRights;
  return policy;
}

void add_sanitizer_calls(SandboxPolicy& policy) {
  // ASan: its reports read /proc/self/maps (refused by Landlock) and probe memory through a pipe.
  for (const std::string_view name : {"pipe", "pipe2", "getrlimit", "process_vm_readv"}) {
    policy.system_calls.push_back({.name = name});
  }
}

Result<void> check_support(const SandboxSupport& support,
                           const std::optional<AllowWeakSandbox>& weak) {
  std::string missing;
  if (support.landlock_abi < 1) missing += " Landlock";
  if (!support.system_call_filter)
    missing += std::string(missing.empty() ? "" : " and") + " seccomp";
  if (missing.empty() || weak) return {};
  return Error{Errc::unavailable,
               "this kernel or container offers no" + missing +
                   ", so a file that takes over the parser would not be confined. Use a kernel of "
                   "5.13 or later with Landlock and seccomp enabled, or accept the risk with "
                   "--allow-weak-sandbox"};
}

SandboxSupport probe_sandbox_support() {
  // The strictest mode is never entered: a null filter only asks whether filters exist (EFAULT).
  const bool filters =
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr) != 0 && errno == EFAULT;
  return {.landlock_abi = landlock_abi(), .system_call_filter = filters};
}

}  // namespace cordon
