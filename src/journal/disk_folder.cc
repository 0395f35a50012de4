#include "journal/disk_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/files.h"

namespace cordon {
namespace {

constexpr const char* kLockName = "lock";
constexpr std::size_t kFilesKeptOpen = 8;

/// The files of an open folder.
using Listing = std::unique_ptr<DIR, int (*)(DIR*)>;

Error disk_error(std::string_view what, const std::string& name, int error_number) {
  Error error = errno_error(std::string(what) + " " + name, error_number);
  if (error_number == EROFS) error.code = Errc::denied;
  return error;
}

}  // namespace

Result<std::unique_ptr<DiskFolder>> DiskFolder::open(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return disk_error("cannot make", path.string(), errno);
  }
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return disk_error("cannot open", path.string(), errno);
  UniqueFd lock(::openat(folder.get(), kLockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock) return disk_error("cannot open the lock of", path.string(), errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return disk_error("cannot lock", path.string(), errno);
    return Error{Errc::changed, path.string() + " belongs to another process",
                 ErrorCause::place_taken};
  }
  return std::unique_ptr<DiskFolder>(new DiskFolder(path, std::move(folder), std::move(lock)));
}

Result<std::map<std::string, std::uint64_t>> DiskFolder::files() {
  std::map<std::string, std::uint64_t> found;
  // SAFETY: fdopendir owns the descriptor; the folder is opened anew, for a shared one would share
  // its place in the listing.
  const int fd = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return disk_error("cannot list", path_.string(), errno);
  const Listing listing(::fdopendir(fd), ::closedir);
  if (listing == nullptr) return disk_error("cannot list", path_.string(), errno);
  while (const dirent* const entry = ::readdir(listing.get())) {
    struct stat status {};
    if (::fstatat(folder_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(status.st_mode) || std::string_view(entry->d_name) == kLockName) continue;
    found.emplace(entry->d_name, static_cast<std::uint64_t>(status.st_size));
  }
  return found;
}

Result<DiskFolder::WritingPtr> DiskFolder::open_for_writing(const std::string& name) {
  const WritingPtr open = writing_.with([&](auto& files) {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [&](const auto& file) { return file->name == name; });
    return found == files.end() ? nullptr : *found;
  });
  if (open != nullptr) return open;
  constexpr int kFlags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(::openat(folder_.get(), name.c_str(), kFlags));
  bool is_new = false;
  if (!fd && errno == ENOENT) {
    fd.reset(::openat(folder_.get(), name.c_str(), kFlags | O_CREAT | O_EXCL, 0600));
    is_new = true;
  }
  if (!fd) return disk_error("cannot open", name, errno);
  auto opened = std::make_shared<Writing>(Writing{name, std::move(fd), is_new});
  writing_.with([&](auto& files) {
    files.push_front(opened);
    if (files.size() > kFilesKeptOpen) files.pop_back();
  });
  return opened;
}

Result<void> DiskFolder::append(const std::string& name, std::string_view bytes) {
  CORDON_TRY(const WritingPtr writing, open_for_writing(name));
  while (!bytes.empty()) {
    const ssize_t written = ::write(writing->fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return disk_error("cannot write to", name, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> DiskFolder::sync(const std::string& name) {
  CORDON_TRY(const WritingPtr writing, open_for_writing(name));
  if (::fdatasync(writing->fd.get()) != 0) return disk_error("cannot sync", name, errno);
  if (writing->is_new && ::fsync(folder_.get()) != 0) {
    return disk_error("cannot sync the folder of", name, errno);
  }
  writing->is_new = false;
  return {};
}

Result<std::string> DiskFolder::read(const std::string& name, std::uint64_t offset,
                                     std::size_t bytes_max) {
  const UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return disk_error("cannot open", name, errno);
  std::string bytes(bytes_max, '\0');
  std::size_t filled = 0;
  while (filled < bytes_max) {
    const ssize_t got = ::pread(fd.get(), bytes.data() + filled, bytes_max - filled,
                                static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return disk_error("cannot read", name, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Result<void> DiskFolder::cut(const std::string& name, std::uint64_t bytes) {
  CORDON_TRY(const WritingPtr writing, open_for_writing(name));
  if (::ftruncate(writing->fd.get(), static_cast<off_t>(bytes)) != 0) {
    return disk_error("cannot shorten", name, errno);
  }
  return {};
}

Result<void> DiskFolder::replace(const std::string& name, std::string_view bytes) {
  const std::string temporary = name + ".new";
  const UniqueFd fd(::openat(folder_.get(), temporary.c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return disk_error("cannot open", temporary, errno);
  const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
  if (written != static_cast<ssize_t>(bytes.size())) {
    return disk_error("cannot write", temporary, written < 0 ? errno : ENOSPC);
  }
  if (::renameat(folder_.get(), temporary.c_str(), folder_.get(), name.c_str()) != 0) {
    return disk_error("cannot replace", name, errno);
  }
  return {};
}

Result<void> DiskFolder::remove(const std::string& name) {
  writing_.with([&](auto& files) {
    std::erase_if(files, [&](const auto& file) { return file->name == name; });
  });
  if (::unlinkat(folder_.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return disk_error("cannot remove", name, errno);
  }
  return {};
}

bool is_journal_file(std::string_view name) { return name.ends_with(".journal"); }

}  // namespace cordon
