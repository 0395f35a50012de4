#include "engine/sandbox_policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "engine/landlock.h"
#include "engine/seccomp_filter.h"

namespace cordon {
namespace {

bool mentions(const SandboxPolicy& policy, std::string_view name) {
  return std::any_of(policy.system_calls.begin(), policy.system_calls.end(),
                     [&](const SystemCallRule& rule) { return rule.name == name; });
}

// A change of the policy changes this file, so that a reviewer sees what the kernel will enforce.
// To renew it: CORDON_WRITE_GOLDEN=1 cordon_engine_test --gtest_filter='*CompilesToTheFilter*'
TEST(SandboxPolicy, CompilesToTheFilterThatWasReviewed) {
#ifndef __x86_64__
  GTEST_SKIP() << "the golden filter is for x86-64";
#endif
  const std::string path = CORDON_GOLDEN_FILTER;
  const Result<std::string> filter = filter_as_text(worker_policy(4242, {}).system_calls);
  ASSERT_TRUE(filter) << filter.error().what;
  if (std::getenv("CORDON_WRITE_GOLDEN") != nullptr) std::ofstream(path) << *filter;

  std::ifstream file(path);
  const std::string golden(std::istreambuf_iterator<char>(file), {});

  EXPECT_EQ(*filter, golden);
}

TEST(SandboxPolicy, HasNoWayOut) {
  const SandboxPolicy policy = worker_policy(4242, {});
  for (const char* forbidden : {"socket",
                                "socketpair",
                                "connect",
                                "bind",
                                "listen",
                                "accept4",
                                "clone",
                                "clone3",
                                "fork",
                                "vfork",
                                "execve",
                                "execveat",
                                "ptrace",
                                "process_vm_readv",
                                "process_vm_writev",
                                "kill",
                                "tkill",
                                "rt_sigqueueinfo",
                                "pidfd_open",
                                "pidfd_getfd",
                                "pidfd_send_signal",
                                "bpf",
                                "perf_event_open",
                                "userfaultfd",
                                "io_uring_setup",
                                "memfd_create",
                                "mount",
                                "umount2",
                                "setns",
                                "unshare",
                                "chroot",
                                "link",
                                "linkat",
                                "symlink",
                                "symlinkat",
                                "mknod",
                                "mknodat",
                                "truncate",
                                "setrlimit",
                                "keyctl",
                                "add_key",
                                "shmat",
                                "pkey_mprotect",
                                "personality",
                                "open_by_handle_at",
                                "name_to_handle_at",
                                "chdir",
                                "fchdir",
                                "setuid",
                                "capset",
                                "seccomp",
                                "landlock_restrict_self",
                                "inotify_init1",
                                "fanotify_init",
                                "utimensat",
                                "setxattr"}) {
    EXPECT_FALSE(mentions(policy, forbidden)) << forbidden;
  }
}

TEST(SandboxPolicy, TheSanitizersAdditionsAreNoPartOfIt) {
  SandboxPolicy sanitized = worker_policy(4242, {});
  add_sanitizer_calls(sanitized);

  EXPECT_TRUE(mentions(sanitized, "pipe"));
  EXPECT_FALSE(mentions(worker_policy(4242, {}), "pipe"));
}

TEST(SandboxPolicy, RefusesAWeakKernelUnlessThatIsAllowed) {
  const std::optional<AllowWeakSandbox> kStrict;
  const std::optional<AllowWeakSandbox> kWeak = AllowWeakSandbox();
  const SandboxSupport full{.landlock_abi = 1, .system_call_filter = true};
  const SandboxSupport no_landlock{.landlock_abi = 0, .system_call_filter = true};
  const SandboxSupport no_filter{.landlock_abi = 4, .system_call_filter = false};

  EXPECT_TRUE(check_support(full, kStrict));
  ASSERT_FALSE(check_support(no_landlock, kStrict));
  EXPECT_NE(check_support(no_landlock, kStrict).error().what.find("no Landlock,"),
            std::string::npos);
  EXPECT_NE(check_support({}, kStrict).error().what.find("Landlock and seccomp"),
            std::string::npos);
  EXPECT_NE(check_support(no_filter, kStrict).error().what.find("--allow-weak-sandbox"),
            std::string::npos);
  EXPECT_TRUE(check_support(no_landlock, kWeak));
}

TEST(SandboxPolicy, FilesCanNeitherBeExecutedNorBecomeLinksOrDevices) {
  constexpr std::uint64_t kExecute = 1, kCharDevice = 1 << 6, kSocket = 1 << 9, kFifo = 1 << 10,
                          kBlockDevice = 1 << 11, kSymbolicLink = 1 << 12;

  EXPECT_EQ(worker_policy(4242, {}).landlock_files &
                (kExecute | kCharDevice | kSocket | kFifo | kBlockDevice | kSymbolicLink),
            0U);
}

}  // namespace
}  // namespace cordon
