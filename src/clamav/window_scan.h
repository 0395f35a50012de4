#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "core/verdict.h"
#include "core/windows.h"

namespace cordon {

/// How the engine is to look at a part of something larger.
enum class PartKind : std::uint8_t {
  whole,   ///< A member of an archive: everything that is done for an object.
  window,  ///< A piece of opaque content: the same, but that it begins and ends anywhere is no
           ///< damage.
  raw,     ///< A piece of an archive whose members are scanned by themselves: search the bytes.
};

/// What the engine found inside a window and took to reach to its end.
struct OpenEnd {
  std::string type;
  std::uint64_t offset = 0;  ///< In the window.
};

/// What the engine says of one part, for whoever adds the parts of a large object up.
struct PartReport {
  Verdict verdict;
  std::string type = {};  ///< The engine's opinion of the part: "CL_TYPE_BINARY_DATA".
  std::vector<OpenEnd> open_ends = {};
};

/// One call of the engine. Errors: those of Scanner::scan.
using ScanPart = std::function<Result<PartReport>(std::span<const std::byte> part, PartKind kind)>;

/// Bytes of a file, mapped for as long as this object lives. Errors: as MappedObject::map.
class MappedWindow {
 public:
  static Result<MappedWindow> map(const UniqueFd& content, std::uint64_t offset,
                                  std::uint64_t bytes);

  MappedWindow(MappedWindow&& other) noexcept
      : mapping_(std::exchange(other.mapping_, {})), bytes_(std::exchange(other.bytes_, {})) {}
  MappedWindow& operator=(MappedWindow&& other) noexcept {
    std::swap(mapping_, other.mapping_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedWindow();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedWindow(std::span<std::byte> mapping, std::span<const std::byte> bytes)
      : mapping_(mapping), bytes_(bytes) {}

  std::span<std::byte> mapping_;  ///< From a page boundary on.
  std::span<const std::byte> bytes_;
};

/// One window of content that is opaque as far as this window can tell.
///
/// Clean means that the engine searched it and that nothing in it says that the content is more
/// than its bytes: not the head (first window), not the end (last window), and nothing embedded
/// that may go on beyond the window and is not whole in the next one.
Result<Verdict> scan_opaque_window(std::span<const std::byte> bytes, const Window& window,
                                   const WindowSizes& sizes, const ScanPart& scan_part);

/// How many bytes a scanned window adds to those of the windows before it.
std::uint64_t bytes_added(const Window& window, const WindowSizes& sizes);

/// What is said of content that only the engine could unpack.
Verdict too_large_verdict(const std::string& what);

}  // namespace cordon
