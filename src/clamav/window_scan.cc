#include "clamav/window_scan.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/files.h"
#include "clamav/large_form.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

bool is_worse_than_too_large(const Verdict& verdict) {
  return verdict.disposition == Disposition::infected || verdict.disposition == Disposition::error;
}

/// Why the content is more than its bytes, if this window says so.
std::optional<std::string> more_than_bytes(Bytes bytes, const Window& window,
                                           const WindowSizes& sizes, const PartReport& report) {
  if (window.is_first()) {
    const LargeContent head = content_of_head(bytes.first(std::min(bytes.size(), kHeadBytes)));
    if (head.form != LargeForm::opaque) return head.what;
    if (!is_opaque_type(report.type))
      return "of a kind (" + report.type + ") that has to be unpacked";
  }
  if (window.is_last()) {
    const LargeContent tail = content_of_tail(bytes.last(std::min(bytes.size(), kTailBytes)));
    if (tail.form != LargeForm::opaque) return tail.what;
    return std::nullopt;  // Nothing goes on.
  }
  for (const OpenEnd& end : report.open_ends) {
    const bool next_sees_it = end.offset + sizes.overlap_bytes >= bytes.size();
    if (!next_sees_it && !is_opaque_type(end.type)) {
      return "data around something (" + end.type + ") that may be cut by a window";
    }
  }
  return std::nullopt;
}

}  // namespace

Result<MappedWindow> MappedWindow::map(const UniqueFd& content, std::uint64_t offset,
                                       std::uint64_t bytes) {
  struct stat status {};
  if (::fstat(content.get(), &status) != 0) return errno_error("cannot look at the object", errno);
  const Window window{offset, bytes, static_cast<std::uint64_t>(status.st_size)};
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid, "the object is not a regular file"};
  CORDON_TRY(check_window(window));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t before = offset % page;
  const auto length = static_cast<std::size_t>(before + bytes);
  // SAFETY: private and read-only; unmapped by the destructor with the same length.
  void* at = ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, content.get(),
                    static_cast<off_t>(offset - before));
  if (at == MAP_FAILED) {
    return Error{Errc::unavailable, errno_error("cannot map a window of the object", errno).what};
  }
  const std::span<std::byte> mapping(static_cast<std::byte*>(at), length);
  return MappedWindow(mapping, mapping.subspan(static_cast<std::size_t>(before)));
}

MappedWindow::~MappedWindow() {
  if (!mapping_.empty()) ::munmap(mapping_.data(), mapping_.size());
}

Result<Verdict> scan_opaque_window(Bytes bytes, const Window& window, const WindowSizes& sizes,
                                   const ScanPart& scan_part) {
  CORDON_TRY(PartReport report, scan_part(bytes, PartKind::window));
  if (is_worse_than_too_large(report.verdict)) return std::move(report.verdict);
  const auto more = more_than_bytes(bytes, window, sizes, report);
  if (more) return too_large_verdict(*more);
  return std::move(report.verdict);
}

std::uint64_t bytes_added(const Window& window, const WindowSizes& sizes) {
  return window.is_first() ? window.bytes
                           : window.bytes - std::min(window.bytes, sizes.overlap_bytes);
}

Verdict too_large_verdict(const std::string& what) {
  return unscannable_verdict(Reason::too_large, "larger than the engine reads (" +
                                                    std::to_string(kEngineBytesMax) +
                                                    " bytes), and it is " + what);
}

}  // namespace cordon
