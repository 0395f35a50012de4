#include "clamav/large_member.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/files.h"
#include "clamav/size_and_sum.h"

namespace cordon {
namespace {

Error no_space() {
  return Error{Errc::unavailable, errno_error("no space for an archive member", errno).what,
               ErrorCause::staging};
}

}  // namespace

Result<void> LargeMember::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (kept_ == capacity()) CORDON_TRY(make_room());
    if (is_infected()) return {};
    const auto room = static_cast<std::size_t>(
        std::min<std::uint64_t>(capacity() - std::min(kept_, capacity()), bytes.size()));
    CORDON_TRY(write_at(kept_, bytes.first(room)));
    kept_ += room;
    bytes = bytes.subspan(room);
  }
  return {};
}

/// More is to come than fits, so no window here is the last one.
Result<void> LargeMember::make_room() {
  windowed_ = true;
  const WindowSizes& sizes = settings_.windows;
  std::uint64_t at = 0;
  // Ends: every step is at least one byte.
  for (; kept_ - at >= sizes.bytes && !is_infected(); at += sizes.bytes - sizes.overlap_bytes) {
    CORDON_TRY(scan_window(at, false));
  }
  return move_to_front(at);
}

Result<void> LargeMember::scan_window(std::uint64_t at, bool is_last) {
  const std::uint64_t bytes = std::min(settings_.windows.bytes, kept_ - at);
  const std::uint64_t end = base_ + at + bytes;
  // How long the member is shows at its end.
  const Window window{
      .offset = base_ + at, .bytes = bytes, .object_bytes = is_last ? end : end + 1};
  CORDON_TRY(const MappedWindow mapped, MappedWindow::map(file_, at, bytes));
  CORDON_TRY(Verdict verdict,
             scan_opaque_window(mapped.bytes(), window, settings_.windows, settings_.scan_part));
  if (!windows_) windows_.emplace(0);
  const std::uint64_t added = bytes_added(window, settings_.windows);
  const std::uint64_t scanned = std::min(verdict.bytes_scanned, added);
  windows_->add(std::move(verdict), added, scanned);
  return {};
}

Result<void> LargeMember::move_to_front(std::uint64_t from) {
  std::array<std::byte, 64U << 10> buffer;
  const std::uint64_t left = kept_ - from;
  for (std::uint64_t done = 0; done < left;) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left - done));
    const ssize_t n = ::pread(file_.get(), buffer.data(), wanted, static_cast<off_t>(from + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Error{Errc::unavailable, "an unpacked member cannot be read back"};
    CORDON_TRY(write_at(done, std::span(buffer).first(static_cast<std::size_t>(n))));
    done += static_cast<std::uint64_t>(n);
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(left)) != 0) return no_space();
  base_ += from;
  kept_ = left;
  return {};
}

Result<void> LargeMember::write_at(std::uint64_t at, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return no_space();
    at += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<Verdict> LargeMember::finish() && {
  // What follows the windows so far fits into one. Without any, the announced size was a lie.
  if (windows_ && !is_infected()) CORDON_TRY(scan_window(0, true));
  if (windows_) return std::move(*windows_).finish();
  if (kept_ <= kTinyBytes) return clean_verdict(kept_);
  CORDON_TRY(const MappedWindow mapped, MappedWindow::map(file_, 0, kept_));
  CORDON_TRY(PartReport report, settings_.scan_part(mapped.bytes(), PartKind::whole));
  return std::move(report.verdict);
}

}  // namespace cordon
