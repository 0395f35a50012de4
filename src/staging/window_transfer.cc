#include "staging/window_transfer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/files.h"

namespace cordon {

WindowTransfer::WindowTransfer(const ObjectHead& head, const WindowSizes& sizes,
                               std::filesystem::path spool_directory)
    : head_(head), sizes_(sizes), spool_directory_(std::move(spool_directory)), digests_(head) {}

Result<void> WindowTransfer::open_window(const Window& window) {
  window_ = window;
  if (!keeps_) return {};
  CORDON_TRY(ContentFile file, ContentFile::in_directory(spool_directory_, window.bytes));
  CORDON_TRY(file.append(overlap_));
  file_ = std::move(file);
  return {};
}

Result<UniqueFd> WindowTransfer::close_window() {
  CORDON_TRY(UniqueFd content, std::move(*file_).finish());
  file_.reset();
  if (!window_.is_last()) CORDON_TRY(remember_overlap(content));
  return content;
}

Result<void> WindowTransfer::remember_overlap(const UniqueFd& content) {
  overlap_.resize(static_cast<std::size_t>(sizes_.overlap_bytes));
  const std::uint64_t from = window_.bytes - sizes_.overlap_bytes;
  for (std::size_t done = 0; done < overlap_.size();) {
    const ssize_t n = ::pread(content.get(), overlap_.data() + done, overlap_.size() - done,
                              static_cast<off_t>(from + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      return Error{Errc::unavailable, errno_error("reading back staged content", errno).what,
                   ErrorCause::staging};
    }
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Result<void> WindowTransfer::begin(const ObjectHead& head) {
  if (head.etag == head_.etag && head.bytes == head_.bytes && head.version == head_.version) {
    return {};
  }
  return Error{Errc::changed, "the object changed during the transfer"};
}

Result<void> WindowTransfer::write(std::span<const std::byte> bytes) {
  const auto taken = bytes.first(
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), window_.end() - received_)));
  if (file_) CORDON_TRY(file_->append(taken));
  digests_.update(taken);
  received_ += taken.size();
  if (taken.size() == bytes.size()) return {};
  return Error{Errc::invalid, "the window is full"};
}

}  // namespace cordon
