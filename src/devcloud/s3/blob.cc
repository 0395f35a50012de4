#include "devcloud/s3/blob.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/files.h"

namespace cordon::cloud {
namespace {

constexpr std::size_t kPieceBytes = 256U << 10U;

Result<UniqueFd> open_unnamed(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return UniqueFd(fd);
  // Not every file system has O_TMPFILE.
  std::string name = (directory / "cordon-blob-XXXXXX").string();
  UniqueFd named(::mkostemp(name.data(), O_CLOEXEC));
  if (!named) return errno_error("cannot create a spool file in " + directory.string(), errno);
  ::unlink(name.c_str());
  return named;
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot write a spool file", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

void Blob::answer_with(ServerResponse& response, std::uint64_t offset, std::uint64_t bytes) const {
  if (file_) {
    response.file = file_;
    response.file_offset = offset;
    response.file_bytes = bytes;
  } else if (memory_) {
    response.body = memory_->substr(offset, bytes);
  }
}

Result<void> Blob::read(std::uint64_t offset, std::uint64_t bytes,
                        const std::function<void(std::string_view)>& use) const {
  if (!file_) {
    if (memory_) use(std::string_view(*memory_).substr(offset, bytes));
    return {};
  }
  std::string buffer(kPieceBytes, '\0');
  while (bytes > 0) {
    const std::size_t wanted = std::min<std::uint64_t>(bytes, buffer.size());
    const ssize_t n = ::pread(file_->get(), buffer.data(), wanted, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read a spool file", errno);
    if (n == 0) return Error{Errc::unavailable, "a spool file is shorter than it was"};
    use(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
    offset += static_cast<std::uint64_t>(n);
    bytes -= static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<void> BlobWriter::spill() {
  CORDON_TRY(file_, open_unnamed(basics_->scratch));
  CORDON_TRY(write_all(file_.get(), memory_));
  memory_ = std::string();
  return {};
}

Result<void> BlobWriter::append(std::string_view bytes) {
  if (!file_ && memory_.size() + bytes.size() > basics_->memory_bytes_max) CORDON_TRY(spill());
  bytes_ += bytes.size();
  if (file_) return write_all(file_.get(), bytes);
  memory_.append(bytes);
  return {};
}

Result<void> BlobWriter::append(const Blob& source, std::uint64_t offset, std::uint64_t bytes) {
  if (!file_ && memory_.size() + bytes > basics_->memory_bytes_max) CORDON_TRY(spill());
  if (file_ && source.file_) {
    auto from = static_cast<off64_t>(offset);
    while (bytes > 0) {
      const ssize_t n =
          ::copy_file_range(source.file_->get(), &from, file_.get(), nullptr, bytes, 0);
      if (n <= 0) break;  // Not between these files: the loop below copies the rest.
      bytes -= static_cast<std::uint64_t>(n);
      bytes_ += static_cast<std::uint64_t>(n);
    }
    offset = static_cast<std::uint64_t>(from);
  }
  Result<void> written;
  CORDON_TRY(source.read(offset, bytes, [&](std::string_view piece) {
    if (written) written = append(piece);
  }));
  return written;
}

Blob BlobWriter::finish() {
  Blob blob;
  blob.bytes_ = bytes_;
  if (file_) {
    blob.file_ = std::make_shared<const UniqueFd>(std::move(file_));
  } else {
    blob.memory_ = std::make_shared<const std::string>(std::move(memory_));
  }
  return blob;
}

}  // namespace cordon::cloud
