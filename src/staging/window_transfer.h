#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "core/ports/object_store.h"
#include "core/windows.h"
#include "staging/content_digests.h"
#include "staging/content_file.h"

namespace cordon {

/// The receiving end of an object that does not fit the spool: keeps one window of it at a time,
/// and hashes everything on the way. Every byte is fetched once: what two windows share is carried
/// over.
///
/// Threads: one at a time.
class WindowTransfer final : public ByteSink {
 public:
  WindowTransfer(const ObjectHead& head, const WindowSizes& sizes,
                 std::filesystem::path spool_directory);

  /// Errors: those of ContentFile.
  Result<void> open_window(const Window& window);
  /// The window's bytes, for reading only.
  Result<UniqueFd> close_window();
  /// From now on the bytes are hashed and not kept.
  void only_hash() { keeps_ = false; }

  /// Errors: changed when `head` is that of another object.
  Result<void> begin(const ObjectHead& head) override;
  /// Errors: invalid when the window is full, which ends the transfer.
  Result<void> write(std::span<const std::byte> bytes) override;

  std::uint64_t bytes_received() const { return received_; }
  bool is_full() const { return received_ == window_.end(); }
  ContentDigests& digests() { return digests_; }

 private:
  Result<void> remember_overlap(const UniqueFd& content);

  const ObjectHead head_;
  const WindowSizes sizes_;
  const std::filesystem::path spool_directory_;
  ContentDigests digests_;
  Window window_;
  std::optional<ContentFile> file_;
  std::vector<std::byte> overlap_;
  std::uint64_t received_ = 0;
  bool keeps_ = true;
};

}  // namespace cordon
