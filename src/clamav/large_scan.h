#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "clamav/member_scan.h"
#include "clamav/window_scan.h"
#include "core/verdict.h"
#include "core/windows.h"

namespace cordon {

/// Objects above the engine's ceiling: docs/adr/0035-above-2-gib.md.
///
/// Opaque content (data, text, pictures, sound, video) is searched in overlapping windows, each a
/// full scan. An archive that libarchive unpacks is searched in raw windows, and each member is
/// scanned by itself. Everything else is searched in windows too, because what is found there is
/// found, but without a finding it is Unscannable(too-large).
class LargeScan {
 public:
  explicit LargeScan(MemberScanSettings settings) : settings_(std::move(settings)) {}

  /// An object of `bytes` bytes, more than the engine reads. The descriptor's offset is not used.
  /// Errors: those of Scanner::scan.
  Result<Verdict> scan(const UniqueFd& content, std::uint64_t bytes);

  /// An object that the engine reads, but in which it met something that it does not: `first` is
  /// Unscannable(too-large). When it is an archive, its members are scanned by themselves.
  /// Errors: as `scan`.
  Result<Verdict> scan_again(const UniqueFd& content, std::uint64_t bytes, Verdict first);

  /// One window of an object that is not here. It is opaque or Unscannable(too-large): an archive
  /// cannot be unpacked in pieces.
  Result<Verdict> scan_window(std::span<const std::byte> bytes, const Window& window);

 private:
  Result<LargeContent> look_at_ends(const UniqueFd& content, std::uint64_t bytes) const;
  Result<LargeContent> look_at_tail(const UniqueFd& content, std::uint64_t bytes) const;
  Result<void> scan_what_follows(LargeForm form, const UniqueFd& content, std::uint64_t bytes,
                                 VerdictSum& sum);
  Result<void> scan_windows(const UniqueFd& content, std::uint64_t bytes, bool is_archive,
                            VerdictSum& sum);

  const MemberScanSettings settings_;
};

}  // namespace cordon
