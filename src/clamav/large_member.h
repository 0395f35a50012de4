#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "clamav/member_scan.h"

namespace cordon {

/// The reason of an error that says that there is no room for a member.

/// One member of an archive on its way from the unpacker to the engine, of unknown length.
///
/// It is kept in one file until it turns out to be larger than the engine reads; from then on the
/// file holds one window, of which the overlap is carried to the front for the next one.
class LargeMember {
 public:
  /// `file` is empty and unlinked, and may be used for one member after the other.
  LargeMember(const UniqueFd& file, const MemberScanSettings& settings)
      : file_(file), settings_(settings) {}

  /// The archive says that it is too large for the engine: windows from the start.
  void expect(std::uint64_t bytes) { windowed_ = bytes > whole_bytes_max(); }

  /// Errors: unavailable with cause `staging`; those of scan_part.
  Result<void> append(std::span<const std::byte> bytes);
  /// Scans what is left. Errors: as append.
  Result<Verdict> finish() &&;

  std::uint64_t size() const { return base_ + kept_; }
  bool is_infected() const { return windows_ && windows_->is_infected(); }

 private:
  std::uint64_t whole_bytes_max() const { return settings_.part_bytes_max; }
  std::uint64_t capacity() const { return windowed_ ? settings_.windows.bytes : whole_bytes_max(); }
  Result<void> make_room();
  Result<void> scan_window(std::uint64_t at, bool is_last);
  Result<void> move_to_front(std::uint64_t from);
  Result<void> write_at(std::uint64_t at, std::span<const std::byte> bytes);

  const UniqueFd& file_;
  const MemberScanSettings& settings_;
  std::uint64_t base_ = 0;  ///< Of the member, where the file begins.
  std::uint64_t kept_ = 0;  ///< Bytes in the file.
  bool windowed_ = false;
  std::optional<VerdictSum> windows_ = std::nullopt;
};

}  // namespace cordon
