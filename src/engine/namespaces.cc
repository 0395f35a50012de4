#include "engine/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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
bool unshare_without_privileges() { return ::unshare(CLONE_NEWUSER | kNamespaces) == 0; }

/// Keeps the user's name inside the namespace, without which nothing can be mounted or made there.
/// A root without capabilities may not do it.
bool keep_identity(uid_t user, gid_t group) {
  const std::string same_user = std::to_string(user) + " " + std::to_string(user) + " 1";
  const std::string same_group = std::to_string(group) + " " + std::to_string(group) + " 1";
  // /proc/self of a process that cannot be looked into is root's; no object has been seen yet.
  if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return false;
  const bool kept = write_to("/proc/self/setgroups", "deny") &&
                    write_to("/proc/self/uid_map", same_user) &&
                    write_to("/proc/self/gid_map", same_group);
  return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && kept;
}

bool mount_tmpfs(const SeparationOptions& options) {
  const std::string settings = "mode=0755,size=" + std::to_string(options.temporary_bytes) +
                               ",nr_inodes=" + std::to_string(kFilesMax);
  if (::mount("tmpfs", options.directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              settings.c_str()) != 0) {
    return false;
  }
  const std::string temporary = options.directory / "tmp";
  if (::mkdir(temporary.c_str(), 0700) == 0 &&
      (::geteuid() == options.user ||
       ::chown(temporary.c_str(), options.user, options.group) == 0)) {
    return true;
  }
  ::umount2(options.directory.c_str(), MNT_DETACH);
  return false;
}

}  // namespace

Separation separate(const SeparationOptions& options) {
  Separation done;
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  done.own_network = ::unshare(kNamespaces) == 0;
  // A root that is about to become another user cannot map both of them.
  if (!done.own_network && user == options.user) {
    done.own_network = unshare_without_privileges();
    if (!done.own_network || !keep_identity(user, group)) return done;
  }
  if (!done.own_network) return done;
  // Nothing mounted here may appear outside, and nothing mounted outside here.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return done;
  done.memory_temporary = options.memory_temporary && mount_tmpfs(options);
  done.own_root = ::chdir(options.directory.c_str()) == 0 && ::chroot(".") == 0;
  return done;
}

}  // namespace cordon
