// The order of confinement, and why it is this one:
//
//  1. Descriptors: nothing of the zygote's is left before anything else can fail.
//  2. Namespaces, mounts and a root of its own need privileges: they come before those are dropped.
//     They are optional, because many containers forbid them.
//  3. User and capabilities. A change of user resets the parent-death signal and the "dumpable"
//     attribute, so those come after it.
//  4. Limits, then no_new_privs, which Landlock and seccomp demand from the unprivileged.
//  5. Landlock before seccomp, whose filter no longer admits landlock_* calls.
//
// What is left is a process that can compute, use its temporary directory, read the object that it
// was handed and answer on one socket.
#include "engine/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>

#include "base/files.h"
#include "engine/landlock.h"
#include "engine/namespaces.h"
#include "engine/seccomp_filter.h"

namespace cordon {
namespace {

constexpr uid_t kNobody = 65534;
/// The object itself is mapped, so it comes on top of the memory that the engine may use.
constexpr std::uint64_t kObjectBytesMax = 2ULL << 30;

Error failed(std::string_view operation) {
  return Error{Errc::unavailable, errno_error(operation, errno).what};
}

Result<std::uint64_t> address_space_in_use() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (pages == 0) return Error{Errc::unavailable, "cannot read /proc/self/statm"};
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Result<void> limit(__rlimit_resource_t resource, std::uint64_t value) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return failed("getrlimit");
  const rlim_t wanted = std::min<rlim_t>(value, now.rlim_max);
  const rlimit both{wanted, wanted};
  if (::setrlimit(resource, &both) != 0) return failed("setrlimit");
  return {};
}

Result<void> set_limits(const WorkerLimits& limits, std::uint64_t address_space) {
  CORDON_TRY(limit(RLIMIT_CORE, 0));
  CORDON_TRY(limit(RLIMIT_NPROC, 0));
  CORDON_TRY(limit(RLIMIT_MEMLOCK, 0));
  CORDON_TRY(limit(RLIMIT_MSGQUEUE, 0));
  CORDON_TRY(limit(RLIMIT_NOFILE, limits.descriptors));
  CORDON_TRY(limit(RLIMIT_FSIZE, limits.temporary_bytes));
  const rlim_t address_space_max = address_space + limits.memory_bytes + kObjectBytesMax;
#ifndef CORDON_SANITIZED  // A sanitizer reserves terabytes of address space.
  CORDON_TRY(limit(RLIMIT_AS, address_space_max));
#else
  static_cast<void>(address_space_max);
#endif
  return {};
}

/// The capabilities that a change of user takes, which a hardened container may have taken away.
bool has_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  constexpr std::uint32_t kNeeded = 1U << CAP_CHOWN | 1U << CAP_SETUID | 1U << CAP_SETGID;
  return (sets[0].effective & kNeeded) == kNeeded;
}

/// In a user namespace of one user there is no nobody.
bool is_mapped(uid_t user) {
  std::ifstream lines("/proc/self/uid_map");
  std::uint64_t inside = 0;
  std::uint64_t outside = 0;
  std::uint64_t count = 0;
  while (lines >> inside >> outside >> count) {
    if (user >= inside && user - inside < count) return true;
  }
  return false;
}

bool may_become_nobody() { return ::geteuid() == 0 && is_mapped(kNobody) && has_capabilities(); }

/// The zygote made the directory as root; a worker that is no longer root must be able to use it.
Result<void> hand_over(const std::filesystem::path& temporary) {
  if (::chown(temporary.c_str(), kNobody, kNobody) != 0) return failed("chown");
  return {};
}

Result<void> become_nobody() {
  if (::setgroups(0, nullptr) != 0) return failed("setgroups");
  if (::setresgid(kNobody, kNobody, kNobody) != 0) return failed("setresgid");
  if (::setresuid(kNobody, kNobody, kNobody) != 0) return failed("setresuid");
  return {};
}

/// Needs CAP_SETPCAP. Without it the bounding set stays, and no_new_privs makes it worthless.
void drop_bounding_set() {
  for (int capability = 0; capability <= 63; ++capability) {
    static_cast<void>(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
  }
}

Result<void> drop_capabilities() {
  static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return failed("capset");
  return {};
}

Result<void> set_attributes(pid_t zygote) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return failed("parent-death signal");
  // The signal is sent at the zygote's death only: it may have died before we asked for it.
  if (::getppid() != zygote) return Error{Errc::unavailable, "the zygote has died"};
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("dumpable");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  return {};
}

Result<void> lock(const ConfinementOptions& options, const SandboxSupport& support,
                  const std::filesystem::path& temporary) {
  SandboxPolicy policy = worker_policy(::getpid(), options.limits);
#ifdef CORDON_SANITIZED
  add_sanitizer_calls(policy);
#endif
  if (support.landlock_abi > 0) {
    const UniqueFd directory(::open(temporary.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return failed("opening the temporary directory");
    CORDON_TRY(restrict_to_directory(directory.get(), policy.landlock_files));
  }
  if (support.system_call_filter) CORDON_TRY(load_filter(policy.system_calls));
  return {};
}

}  // namespace

Result<UniqueFd> keep_only(UniqueFd socket) {
  if (socket.get() != kSocketDescriptor) {
    if (::dup3(socket.get(), kSocketDescriptor, O_CLOEXEC) < 0) return failed("dup3");
    socket.reset();
  } else {
    static_cast<void>(socket.release());
  }
  UniqueFd kept(kSocketDescriptor);
  ::closefrom(kSocketDescriptor + 1);
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return failed("opening /dev/null");
  for (int standard = 0; standard <= 2; ++standard) {
#ifdef CORDON_SANITIZED
    if (standard == 2) continue;  // Where the sanitizer reports.
#endif
    // Standard error too: what a worker that was taken over writes must not reach the agent's log.
    if (::dup2(null.get(), standard) < 0) return failed("dup2");
  }
  return kept;
}

Result<Confined> confine_worker(const ConfinementOptions& options) {
  const SandboxSupport support = probe_sandbox_support();
  CORDON_TRY(check_support(support, options.weak));
  CORDON_TRY(const std::uint64_t address_space, address_space_in_use());
  // A full temporary file must be an error of write, not a signal.
  ::signal(SIGXFSZ, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  ::umask(0077);

  const bool own_user = may_become_nobody();
  if (own_user) CORDON_TRY(hand_over(options.directory / "tmp"));
  const Separation done = separate({.directory = options.directory,
                                    .memory_temporary = options.limits.memory_temporary,
                                    .temporary_bytes = options.limits.temporary_bytes,
                                    .user = own_user ? kNobody : ::geteuid(),
                                    .group = own_user ? kNobody : ::getegid()});
  // Without a root of its own the worker names its directory "."; its parents may be closed to it.
  const std::filesystem::path temporary = done.own_root ? "/tmp" : ".";
  const std::filesystem::path there = done.own_root ? "/tmp" : options.directory / "tmp";
  if (::chdir(there.c_str()) != 0) return failed("entering the temporary directory");

  drop_bounding_set();
  if (own_user) CORDON_TRY(become_nobody());
  CORDON_TRY(drop_capabilities());
  CORDON_TRY(set_limits(options.limits, address_space));
  CORDON_TRY(set_attributes(options.zygote));
  CORDON_TRY(lock(options, support, temporary));
  return Confined{.confinement = {.landlock_abi = static_cast<std::uint8_t>(support.landlock_abi),
                                  .system_call_filter = support.system_call_filter,
                                  .own_network = done.own_network,
                                  .own_root = done.own_root,
                                  .own_user = own_user,
                                  .memory_temporary = done.memory_temporary},
                  .temporary = temporary};
}

}  // namespace cordon
