#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// The bytes of one descriptor, read-only, for as long as this object lives.
///
/// Mapped rather than read through the library's own descriptor mode: there a page that cannot be
/// read is skipped and the answer is "nothing found", here it is a SIGBUS, so the worker dies and
/// nothing is said about the object.
class MappedObject {
 public:
  /// Errors: invalid      the descriptor does not hold exactly `bytes` bytes;
  ///         unavailable  it cannot be mapped.
  static Result<MappedObject> map(const UniqueFd& content, std::uint64_t bytes);

  MappedObject(MappedObject&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedObject& operator=(MappedObject&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedObject();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedObject(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace cordon
