#include "clamav/large_scan.h"

#include <algorithm>

#include "clamav/large_form.h"

namespace cordon {
namespace {

/// What an archive below the ceiling may unpack to, in ceilings: 32 GiB.
constexpr std::uint64_t kUnpackedTimesMax = 16;

}  // namespace

Result<Verdict> LargeScan::scan(const UniqueFd& content, std::uint64_t bytes) {
  CORDON_TRY(const LargeContent found, look_at_ends(content, bytes));
  const bool is_archive = found.form != LargeForm::opaque && found.form != LargeForm::closed;
  VerdictSum sum(bytes);
  if (found.form == LargeForm::closed) sum.note(too_large_verdict(found.what));
  CORDON_TRY(scan_windows(content, bytes, is_archive, sum));
  if (is_archive && !sum.is_infected()) {
    CORDON_TRY(scan_members(found.form, content, bytes, settings_, sum));
    CORDON_TRY(scan_what_follows(found.form, content, bytes, sum));
  }
  return std::move(sum).finish();
}

/// Unpackers of these stop at their end, and who looks for a zip begins at the end of the file.
/// (What follows a tar is an error already, and a zip is found by its end.)
Result<void> LargeScan::scan_what_follows(LargeForm form, const UniqueFd& content,
                                          std::uint64_t bytes, VerdictSum& sum) {
  if (form != LargeForm::compressed && form != LargeForm::seven_zip) return {};
  if (sum.is_infected()) return {};
  CORDON_TRY(const LargeContent tail, look_at_tail(content, bytes));
  if (tail.form == LargeForm::zip) {
    return scan_members(LargeForm::zip, content, bytes, settings_, sum);
  }
  if (tail.form != LargeForm::opaque) sum.note(too_large_verdict(tail.what));
  return {};
}

Result<Verdict> LargeScan::scan_again(const UniqueFd& content, std::uint64_t bytes, Verdict first) {
  CORDON_TRY(const LargeContent found, look_at_ends(content, bytes));
  if (found.form == LargeForm::opaque || found.form == LargeForm::closed) return first;
  // A bomb is rather this than a large archive.
  MemberScanSettings bounded = settings_;
  bounded.unpacked_bytes_max =
      std::min(bounded.unpacked_bytes_max, kUnpackedTimesMax * bounded.part_bytes_max);
  CORDON_TRY(Verdict second, LargeScan(std::move(bounded)).scan(content, bytes));
  // It says no more than the first one, which says why there was a second.
  if (second.disposition == Disposition::unscannable) return first;
  return second;
}

Result<LargeContent> LargeScan::look_at_ends(const UniqueFd& content, std::uint64_t bytes) const {
  const std::uint64_t head_bytes = std::min<std::uint64_t>(bytes, kHeadBytes);
  CORDON_TRY(const MappedWindow head, MappedWindow::map(content, 0, head_bytes));
  LargeContent found = content_of_head(head.bytes());
  if (found.form != LargeForm::opaque) return found;
  return look_at_tail(content, bytes);
}

Result<LargeContent> LargeScan::look_at_tail(const UniqueFd& content, std::uint64_t bytes) const {
  const std::uint64_t tail_bytes = std::min<std::uint64_t>(bytes, kTailBytes);
  CORDON_TRY(const MappedWindow tail, MappedWindow::map(content, bytes - tail_bytes, tail_bytes));
  return content_of_tail(tail.bytes());
}

Result<void> LargeScan::scan_windows(const UniqueFd& content, std::uint64_t bytes, bool is_archive,
                                     VerdictSum& sum) {
  // Ends: each window begins at least one byte behind the one before.
  for (Window window = first_window(bytes, settings_.windows);;
       window = window_after(window, settings_.windows)) {
    CORDON_TRY(const MappedWindow mapped, MappedWindow::map(content, window.offset, window.bytes));
    Result<Verdict> verdict = Error{Errc::unavailable, "not scanned"};
    if (is_archive) {
      CORDON_TRY(PartReport report, settings_.scan_part(mapped.bytes(), PartKind::raw));
      verdict = std::move(report.verdict);
    } else {
      verdict = scan_window(mapped.bytes(), window);
    }
    if (!verdict) return verdict.error();
    const std::uint64_t added = bytes_added(window, settings_.windows);
    const std::uint64_t scanned = std::min(verdict->bytes_scanned, added);
    sum.add(std::move(*verdict), added, scanned);
    if (sum.is_infected() || window.is_last()) return {};
  }
}

Result<Verdict> LargeScan::scan_window(std::span<const std::byte> bytes, const Window& window) {
  return scan_opaque_window(bytes, window, settings_.windows, settings_.scan_part);
}

}  // namespace cordon
