#include "engine/landlock.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "base/unique_fd.h"

namespace cordon {
namespace {

// Debian 12's header ends at version 2 (REFER). The numbers are kernel ABI and cannot change.
constexpr std::uint64_t kTruncate = 1ULL << 14;        // version 3
constexpr std::uint64_t kDeviceControl = 1ULL << 15;   // version 5
constexpr std::uint64_t kNetworkBind = 1ULL << 0;      // version 4
constexpr std::uint64_t kNetworkConnect = 1ULL << 1;   // version 4
constexpr std::uint64_t kAbstractSockets = 1ULL << 0;  // version 6
constexpr std::uint64_t kSignals = 1ULL << 1;          // version 6

/// landlock_ruleset_attr of version 6; older kernels are given a shorter size.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
};

struct Ruleset {
  RulesetAttributes attributes;
  std::size_t size = sizeof(std::uint64_t);
};

/// Everything that this version can forbid.
Ruleset everything(int abi) {
  Ruleset set;
  set.attributes.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (abi >= 2) set.attributes.files |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) set.attributes.files |= kTruncate;
  if (abi >= 5) set.attributes.files |= kDeviceControl;
  if (abi >= 4) {
    set.attributes.network = kNetworkBind | kNetworkConnect;
    set.size = 2 * sizeof(std::uint64_t);
  }
  if (abi >= 6) {
    set.attributes.scoped = kAbstractSockets | kSignals;
    set.size = 3 * sizeof(std::uint64_t);
  }
  return set;
}

}  // namespace

const std::uint64_t kTemporaryDirectoryRights =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | kTruncate;

int landlock_abi() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 1 ? 0 : static_cast<int>(abi);
}

Result<void> restrict_to_directory(int directory, std::uint64_t files) {
  const Ruleset set = everything(landlock_abi());
  const UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &set.attributes, set.size, 0U)));
  if (!ruleset) return errno_error("landlock_create_ruleset", errno);
  landlock_path_beneath_attr rule{};
  rule.allowed_access = files & set.attributes.files;
  rule.parent_fd = directory;
  if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0U) != 0) {
    return errno_error("landlock_add_rule", errno);
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0U) != 0) {
    return errno_error("landlock_restrict_self", errno);
  }
  return {};
}

}  // namespace cordon
