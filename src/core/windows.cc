#include "core/windows.h"

#include <algorithm>

#include "base/check.h"

namespace cordon {

Result<void> check_window(const Window& window) {
  if (window.bytes == 0) return Error{Errc::invalid, "an empty window"};
  if (window.offset > window.object_bytes || window.bytes > window.object_bytes - window.offset) {
    return Error{Errc::invalid, "a window beyond the end of its object"};
  }
  return {};
}

Window first_window(std::uint64_t object_bytes, const WindowSizes& sizes) {
  return {.offset = 0, .bytes = std::min(sizes.bytes, object_bytes), .object_bytes = object_bytes};
}

Window window_after(const Window& before, const WindowSizes& sizes) {
  CORDON_CHECK(!before.is_last() && sizes.overlap_bytes < sizes.bytes);
  const std::uint64_t offset = before.offset + (sizes.bytes - sizes.overlap_bytes);
  return {.offset = offset,
          .bytes = std::min(sizes.bytes, before.object_bytes - offset),
          .object_bytes = before.object_bytes};
}

std::chrono::milliseconds scan_time_for(std::chrono::milliseconds base, std::uint64_t bytes) {
  // What fits into 12 hours, the longest that a message can be held, is more than any object needs.
  constexpr std::chrono::hours kMax{12};
  constexpr std::uint64_t kGibibytesMax = 1'000'000;
  if (bytes <= kEngineBytesMax || base >= kMax) return base;
  const std::uint64_t times = 1 + std::min(bytes >> 30U, kGibibytesMax);
  const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(kMax);
  if (base.count() > longest.count() / static_cast<std::int64_t>(times)) return longest;
  return base * static_cast<std::int64_t>(times);
}

}  // namespace cordon
