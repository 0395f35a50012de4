#include "engine/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace cordon {
namespace {

constexpr int kNamespaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr int kFilesMax = 500'000;

bool write_to(const char* path, const std::string& text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// A user namespace gives its maker the capabilities for the others, and no right outside.
bool unshare_without_privileges(uid_t user, gid_t group) {
  if (::unshare(CLONE_NEWUSER | kNamespaces) != 0) return false;
  const std::string same_user = std::to_string(user) + " " + std::to_string(user) + " 1";
  const std::string same_group = std::to_string(group) + " " + std::to_string(group) + " 1";
  // Without the maps mounts fail and the rest still holds.
  static_cast<void>(write_to("/proc/self/setgroups", "deny") &&
                    write_to("/proc/self/uid_map", same_user) &&
                    write_to("/proc/self/gid_map", same_group));
  return true;
}

bool mount_tmpfs(const SeparationOptions& options) {
  const std::string settings = "mode=0755,size=" + std::to_string(options.temporary_bytes) +
                               ",nr_inodes=" + std::to_string(kFilesMax);
  if (::mount("tmpfs", options.directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              settings.c_str()) != 0) {
    return false;
  }
  const std::string temporary = options.directory / "tmp";
  return ::mkdir(temporary.c_str(), 0700) == 0 &&
         (::geteuid() == options.user ||
          ::chown(temporary.c_str(), options.user, options.group) == 0);
}

}  // namespace

Separation separate(const SeparationOptions& options) {
  Separation done;
  const bool privileged = ::geteuid() == 0 && ::unshare(kNamespaces) == 0;
  done.own_network =
      privileged || (::geteuid() != 0 && unshare_without_privileges(::geteuid(), ::getegid()));
  if (!done.own_network) return done;
  // Nothing mounted here may appear outside, and nothing mounted outside here.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return done;
  done.memory_temporary = options.memory_temporary && mount_tmpfs(options);
  done.own_root = ::chdir(options.directory.c_str()) == 0 && ::chroot(".") == 0;
  return done;
}

}  // namespace cordon
