#include "staging/content_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace cordon {
namespace {

Error staging_error(const std::string& operation, int error_number, const std::string& advice) {
  return Error{Errc::unavailable,
               operation + ": " + std::generic_category().message(error_number) + "; " + advice,
               ErrorCause::staging};
}

std::string advice_for(const std::filesystem::path& directory, int error_number) {
  const std::string name = directory.string();
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "free space in the spool directory " + name + ", or lower the spool limit";
    case ENOENT:
    case ENOTDIR:
      return "create the spool directory " + name;
    case EACCES:
    case EPERM:
    case EROFS:
      return "make the spool directory " + name + " writable for this user";
    default:
      return "check the spool directory " + name;
  }
}

constexpr const char* kMemoryAdvice = "give the agent more memory or fewer slots";

// O_TMPFILE never has a name; where the file system does not know it, a name for a moment.
int open_unnamed(const std::filesystem::path& directory) {
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  std::string name = (directory / "cordon-spool-XXXXXX").string();
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

Result<ContentFile> ContentFile::in_memory(std::uint64_t bytes) {
  UniqueFd file(::memfd_create("cordon-object", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return staging_error("memfd_create", errno, kMemoryAdvice);
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    return staging_error("ftruncate of a memory file", errno, kMemoryAdvice);
  }
  return ContentFile(std::move(file), bytes, true);
}

Result<ContentFile> ContentFile::in_directory(const std::filesystem::path& directory,
                                              std::uint64_t bytes) {
  UniqueFd file(open_unnamed(directory));
  if (!file) return staging_error("open a spool file", errno, advice_for(directory, errno));
  // File systems that cannot reserve say so, and then the writes will tell.
  if (bytes > 0 && ::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) != 0 &&
      errno != EOPNOTSUPP && errno != ENOSYS) {
    return staging_error("reserve spool space", errno, advice_for(directory, errno));
  }
  return ContentFile(std::move(file), bytes, false);
}

Result<void> ContentFile::append(std::span<const std::byte> bytes) {
  if (bytes.size() > bytes_ - written_) {
    return Error{Errc::invalid, "more bytes than were announced"};
  }
  while (!bytes.empty()) {
    const ssize_t n =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(written_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return staging_error("write staged content", n == 0 ? ENOSPC : errno,
                           is_memory_ ? kMemoryAdvice : "free space in the spool directory");
    }
    written_ += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<UniqueFd> ContentFile::finish() && {
  if (is_memory_ && ::fcntl(file_.get(), F_ADD_SEALS,
                            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return staging_error("seal a memory file", errno, kMemoryAdvice);
  }
  // Opened afresh, because the mode of a descriptor cannot be taken back.
  const std::string path = "/proc/self/fd/" + std::to_string(file_.get());
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader) return staging_error("open staged content", errno, "mount /proc");
  return reader;
}

}  // namespace cordon
