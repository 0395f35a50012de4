// A loaded signature set is hundreds of megabytes in which every byte of an object makes the engine
// jump. In pages of 4 KiB a jump is mostly also a miss in the processor's table of pages; in pages
// of 2 MiB it is not, and a fork copies a five-hundredth of page tables. A worker that writes to a
// huge page gets a copy of 4 KiB of it, as before.
//
// MADV_HUGEPAGE alone leaves the joining to a thread of the kernel that takes minutes over it;
// MADV_COLLAPSE (Linux 6.1) joins at once.
#include "engine/huge_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace cordon {
namespace {

constexpr std::uintptr_t kHugePage = 2U << 20U;
#ifdef MADV_COLLAPSE
constexpr int kCollapse = MADV_COLLAPSE;
#else  // Debian 12's C library is older than the call.
constexpr int kCollapse = 25;
#endif

MemoryRange whole_pages(const MemoryRange& range) {
  const std::uintptr_t begin = (range.begin + kHugePage - 1) & ~(kHugePage - 1);
  return {begin, std::max(begin, range.end & ~(kHugePage - 1))};
}

/// The next word of a line; `line` loses it.
std::string_view word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view found = line.substr(0, line.find(' '));
  line.remove_prefix(found.size());
  return found;
}

bool parse_range(std::string_view text, MemoryRange& range) {
  const char* const end = text.data() + text.size();
  const auto [dash, bad_begin] = std::from_chars(text.data(), end, range.begin, 16);
  if (bad_begin != std::errc() || dash == end || *dash != '-') return false;
  const auto [rest, bad_end] = std::from_chars(dash + 1, end, range.end, 16);
  return bad_end == std::errc() && rest == end && range.begin < range.end;
}

}  // namespace

std::vector<MemoryRange> heap_ranges(std::string_view maps) {
  std::vector<MemoryRange> found;
  while (!maps.empty()) {
    std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    MemoryRange range;
    if (!parse_range(word(line), range)) continue;
    const std::string_view rights = word(line);
    word(line);  // the offset in a file
    word(line);  // the file's device
    const bool is_file = word(line) != "0";
    const std::string_view name = word(line);
    if (rights != "rw-p" || is_file || !(name.empty() || name == "[heap]")) continue;
    const MemoryRange whole = whole_pages(range);
    if (whole.begin < whole.end) found.push_back(whole);
  }
  return found;
}

std::size_t join_huge_pages(const MemoryRange& range) {
  const MemoryRange whole = whole_pages(range);
  if (whole.begin == whole.end) return 0;
  // SAFETY: neither call changes contents, and both refuse an address that is not mapped.
  void* const begin = reinterpret_cast<void*>(whole.begin);
  const std::size_t bytes = whole.end - whole.begin;
  if (::madvise(begin, bytes, MADV_HUGEPAGE) != 0) return 0;
  return ::madvise(begin, bytes, kCollapse) == 0 ? bytes : 0;
}

void join_huge_pages_of_this_process() {
#ifndef CORDON_SANITIZED  // A sanitizer has terabytes of mostly empty memory for itself.
  std::ifstream file("/proc/self/maps");
  const std::string maps((std::istreambuf_iterator<char>(file)), {});
  for (const MemoryRange& range : heap_ranges(maps)) join_huge_pages(range);
#endif
}

}  // namespace cordon
