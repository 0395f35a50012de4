#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/weak_sandbox.h"

namespace cordon {

/// One condition on an argument of a system call: (argument & mask) == value.
struct ArgumentTest {
  unsigned index = 0;
  std::uint64_t mask = 0;
  std::uint64_t value = 0;
  bool operator==(const ArgumentTest&) const = default;
};

/// What the kernel does with one system call of a worker. A call that no rule names kills the
/// worker, and so does a named one whose arguments fail the tests of all its rules.
struct SystemCallRule {
  enum class Answer : std::uint8_t {
    allow,
    pretend,  ///< returns 0, nothing is done
    refuse,   ///< fails with `error_number`
  };
  std::string_view name;
  Answer answer = Answer::allow;
  int error_number = 0;
  std::vector<ArgumentTest> tests = {};
  bool operator==(const SystemCallRule&) const = default;
};

/// How much one worker may use. What exceeds a limit fails or dies; it never ends in Clean.
struct WorkerLimits {
  /// Address space beyond what the loaded signatures take, without the object itself.
  std::uint64_t memory_bytes = 4ULL << 30;
  /// One temporary file, and with `memory_temporary` all of them together.
  std::uint64_t temporary_bytes = 3ULL << 30;
  /// Temporary files in memory (a tmpfs of that size) where the kernel permits, else on disk.
  bool memory_temporary = true;
  std::uint64_t descriptors = 256;
  bool operator==(const WorkerLimits&) const = default;
};

/// The confinement of a worker as a value: reviewing the sandbox is reading this and its .cc.
struct SandboxPolicy {
  std::vector<SystemCallRule> system_calls;
  std::uint64_t landlock_files = 0;  ///< LANDLOCK_ACCESS_FS_*, within the temporary directory only
  WorkerLimits limits;
  bool operator==(const SandboxPolicy&) const = default;
};

/// The policy of the worker with process id `self`, which may abort itself and no one else.
SandboxPolicy worker_policy(pid_t self, const WorkerLimits& limits);

/// What the runtime of ASan and UBSan needs in addition. The one place: never in a shipped build.
void add_sanitizer_calls(SandboxPolicy& policy);

/// What this kernel can enforce.
struct SandboxSupport {
  int landlock_abi = 0;  ///< 0: none
  bool system_call_filter = false;
};
SandboxSupport probe_sandbox_support();

/// Refuses to serve without Landlock and seccomp unless that was explicitly allowed.
/// Errors: unavailable, with what is missing and what to do.
Result<void> check_support(const SandboxSupport& support,
                           const std::optional<AllowWeakSandbox>& weak);

}  // namespace cordon
