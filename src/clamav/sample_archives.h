#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// Builders of small archives for the canary and the tests. Packed data is really packed (deflate
/// with the fixed code), so that a signature inside cannot be matched on the archive's raw bytes.

std::uint32_t crc32_of(std::string_view bytes);
std::string deflated(std::string_view bytes);  ///< RFC 1951, one block of literals
std::string gzip_of(std::string_view bytes);   ///< RFC 1952
std::string tar_of(std::string_view name, std::string_view bytes);  ///< POSIX ustar, one member

/// A member of the archive that `zip_of` builds, with what its headers are to claim.
struct ZipMember {
  std::string name;
  std::string bytes;
  bool packed = true;
  /// Overrides for hostile archives; unset: the truth.
  std::uint16_t flags = 0;
  std::int64_t claimed_bytes = -1;
};
std::string zip_of(const std::vector<ZipMember>& members);

/// The industry's harmless test string, assembled here because a file that holds it is deleted by
/// other scanners.
std::string eicar();
/// What `Cordon.Test.Marker-1` of signatures/ finds, and no other scanner.
std::string marker();

}  // namespace cordon
