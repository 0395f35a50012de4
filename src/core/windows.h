#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"

namespace cordon {

/// The engine's hard ceiling for one piece of content (INT_MAX - 2). Larger objects are scanned in
/// windows: docs/adr/0035-above-2-gib.md.
inline constexpr std::uint64_t kEngineBytesMax = 2'147'483'645;

/// How a large object is cut. What lies within `overlap_bytes` is whole in at least one window.
///
/// Invariant: overlap_bytes < bytes.
struct WindowSizes {
  std::uint64_t bytes = 512ULL << 20;
  std::uint64_t overlap_bytes = 64ULL << 20;

  bool operator==(const WindowSizes&) const = default;
};

/// Where a window lies in its object.
///
/// Invariant, checked by `check_window`: it is not empty and ends within the object.
struct Window {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t object_bytes = 0;

  std::uint64_t end() const { return offset + bytes; }
  bool is_first() const { return offset == 0; }
  bool is_last() const { return end() == object_bytes; }
  bool operator==(const Window&) const = default;
};

/// Errors: invalid. Total: no sum overflows.
Result<void> check_window(const Window& window);

/// The window at the front of an object, and the one that follows `before`, which is not the last.
Window first_window(std::uint64_t object_bytes, const WindowSizes& sizes);
Window window_after(const Window& before, const WindowSizes& sizes);

/// The wall clock of a scan of `bytes`, when a scan of up to 1 GiB may take `base`: a large object
/// is many scans.
std::chrono::milliseconds scan_time_for(std::chrono::milliseconds base, std::uint64_t bytes);

}  // namespace cordon
