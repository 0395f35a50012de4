#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/ports/object_store.h"

namespace cordon {

/// A checksum as S3 keeps it, computed piece by piece. Not copyable; one thread at a time.
class RunningChecksum {
 public:
  explicit RunningChecksum(ObjectChecksum::Algorithm algorithm);
  RunningChecksum(RunningChecksum&&) noexcept;
  RunningChecksum& operator=(RunningChecksum&&) noexcept;
  ~RunningChecksum();

  void update(std::span<const std::byte> bytes);
  /// Big-endian bytes in base 64. Once; nothing may follow.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string_view name_of(ObjectChecksum::Algorithm algorithm);  ///< "crc64nvme", ...

/// Continues a reflected CRC; starts with 0. CRC-32 (IEEE), CRC-32C (Castagnoli), CRC-64/NVME.
std::uint32_t crc32(std::uint32_t crc, std::span<const std::byte> bytes);
std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes);
std::uint64_t crc64nvme(std::uint64_t crc, std::span<const std::byte> bytes);

}  // namespace cordon
