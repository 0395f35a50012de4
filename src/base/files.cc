#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>

#include "base/secret.h"

namespace cordon {

Error errno_error(std::string_view operation, int error_number) {
  Errc code = Errc::unavailable;
  if (error_number == ENOENT || error_number == ENOTDIR) code = Errc::not_found;
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS) code = Errc::denied;
  return Error{code, std::string(operation) + ": " +
                         std::error_code(error_number, std::generic_category()).message()};
}

namespace {

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max,
                              bool is_secret) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno_error("cannot open " + path.string(), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error("cannot read " + path.string(), errno);
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid, path.string() + " is not a file"};
  if (is_secret && (status.st_mode & 0007U) != 0) {
    return Error{Errc::invalid, path.string() +
                                    " holds a secret and is accessible for everybody on this "
                                    "machine; take that away: chmod o= " +
                                    path.string()};
  }
  // Whoever owns a key file, or may write it, can give us another key.
  if (is_secret && (status.st_mode & 0020U) != 0) {
    return Error{Errc::invalid, path.string() +
                                    " holds a secret and its group may write it; take that away: "
                                    "chmod g-w " +
                                    path.string()};
  }
  if (is_secret && status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return Error{Errc::invalid, path.string() + " holds a secret and belongs to user " +
                                    std::to_string(status.st_uid) +
                                    "; it must be root's or this user's: chown it"};
  }
  std::string content;
  std::string buffer(16384, '\0');
  // A secret leaves no copies behind: not in the buffer, and not where the text lay before it grew.
  std::optional<WipedLater> wiped;
  if (is_secret) wiped.emplace(buffer);
  if (is_secret) content.reserve(bytes_max + buffer.size());
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read " + path.string(), errno);
    if (n == 0) return content;
    content.append(buffer, 0, static_cast<std::size_t>(n));
    if (content.size() > bytes_max) {
      if (is_secret) wipe(content);
      return Error{Errc::invalid,
                   path.string() + " is longer than " + std::to_string(bytes_max) + " bytes"};
    }
  }
}

Result<void> write_all(int fd, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot write " + name, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max) {
  return read_file(path, bytes_max, /*is_secret=*/false);
}

Result<std::string> read_private_file(const std::filesystem::path& path, std::size_t bytes_max) {
  return read_file(path, bytes_max, /*is_secret=*/true);
}

Result<void> create_private_file(const std::filesystem::path& path, std::string_view content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd && errno == EEXIST) return Error{Errc::changed, path.string() + " exists already"};
  if (!fd) return errno_error("cannot create " + path.string(), errno);
  Result<void> written = write_all(fd.get(), content, path.string());
  if (written && ::fsync(fd.get()) != 0)
    written = errno_error("cannot write " + path.string(), errno);
  if (!written) ::unlink(path.c_str());
  return written;
}

Result<void> append_to_file(const std::filesystem::path& path, std::string_view content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!fd) return errno_error("cannot open " + path.string(), errno);
  CORDON_TRY(write_all(fd.get(), content, path.string()));
  if (::fsync(fd.get()) != 0) return errno_error("cannot write " + path.string(), errno);
  return {};
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  const std::string temporary = path.string() + ".new-" + std::to_string(::getpid());
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return errno_error("cannot create " + temporary, errno);
  Result<void> written = write_all(fd.get(), content, temporary);
  if (written && ::fsync(fd.get()) != 0) written = errno_error("cannot write " + temporary, errno);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = errno_error("cannot replace " + path.string(), errno);
  }
  if (!written) ::unlink(temporary.c_str());
  return written;
}

}  // namespace cordon
