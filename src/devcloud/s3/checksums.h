#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace cordon::cloud {

/// The checksums that are computed here; S3 knows XXHASH3, 64 and 128 besides. The name is the tail
/// of "x-amz-checksum-".
enum class ChecksumKind : std::uint8_t { crc32, crc32c, crc64nvme, md5, sha1, sha256, sha512 };

inline constexpr std::array kChecksumKinds{
    ChecksumKind::crc32, ChecksumKind::crc32c, ChecksumKind::crc64nvme, ChecksumKind::md5,
    ChecksumKind::sha1,  ChecksumKind::sha256, ChecksumKind::sha512};

std::string_view header_suffix(ChecksumKind kind);   ///< "crc64nvme"
std::string_view algorithm_name(ChecksumKind kind);  ///< "CRC64NVME"
std::string_view element_name(ChecksumKind kind);    ///< "ChecksumCRC64NVME"
/// By either name, case ignored.
std::optional<ChecksumKind> parse_checksum_kind(std::string_view name);
std::size_t checksum_bytes(ChecksumKind kind);
/// A CRC's, which those of its parts can be combined to.
bool is_crc(ChecksumKind kind);

/// A checksum computed piece by piece; big-endian bytes in the end.
class ChecksumStream {
 public:
  explicit ChecksumStream(ChecksumKind kind);
  ChecksumKind kind() const { return kind_; }
  void update(std::string_view bytes);
  std::string finish();

 private:
  ChecksumKind kind_;
  std::uint64_t crc_ = ~std::uint64_t{0};
  std::optional<Hasher> hasher_;
};

/// The same of a whole content at once.
std::string checksum_of(ChecksumKind kind, std::string_view bytes);

/// The CRC of A followed by B, from theirs and B's length. Only for the three CRCs.
std::string combine_crc(ChecksumKind kind, std::string_view a, std::string_view b,
                        std::uint64_t b_bytes);

}  // namespace cordon::cloud
