#include "devcloud/s3/checksums.h"

#include "base/text.h"
#include "net/http.h"

namespace cordon::cloud {
namespace {

struct CrcShape {
  std::uint64_t polynomial;  // Reflected.
  int bits;
};

constexpr CrcShape kCrc32{0xEDB88320U, 32};
constexpr CrcShape kCrc32c{0x82F63B78U, 32};
constexpr CrcShape kCrc64Nvme{0x9A6C9329AC4BC9B5U, 64};

using Table = std::array<std::array<std::uint64_t, 256>, 8>;

// Slicing by eight: some 1.5 GB/s, where one byte at a time gives 0.4.
Table make_table(std::uint64_t polynomial) {
  Table table{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
    table[0][byte] = value;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t slice = 1; slice < 8; ++slice) {
      const std::uint64_t before = table[slice - 1][byte];
      table[slice][byte] = table[0][before & 0xFF] ^ (before >> 8);
    }
  }
  return table;
}

const CrcShape& shape_of(ChecksumKind kind) {
  if (kind == ChecksumKind::crc32) return kCrc32;
  return kind == ChecksumKind::crc32c ? kCrc32c : kCrc64Nvme;
}

const Table& table_of(ChecksumKind kind) {
  static const Table crc32 = make_table(kCrc32.polynomial);
  static const Table crc32c = make_table(kCrc32c.polynomial);
  static const Table crc64 = make_table(kCrc64Nvme.polynomial);
  if (kind == ChecksumKind::crc32) return crc32;
  return kind == ChecksumKind::crc32c ? crc32c : crc64;
}

std::optional<Hasher::Kind> hasher_of(ChecksumKind kind) {
  switch (kind) {
    case ChecksumKind::md5:
      return Hasher::Kind::md5;
    case ChecksumKind::sha1:
      return Hasher::Kind::sha1;
    case ChecksumKind::sha256:
      return Hasher::Kind::sha256;
    case ChecksumKind::sha512:
      return Hasher::Kind::sha512;
    case ChecksumKind::crc32:
    case ChecksumKind::crc32c:
    case ChecksumKind::crc64nvme:
      return std::nullopt;
  }
  return std::nullopt;
}

std::uint64_t mask_of(ChecksumKind kind) {
  return shape_of(kind).bits == 64 ? ~std::uint64_t{0} : 0xFFFFFFFFU;
}

std::uint64_t advance_crc(const Table& table, std::uint64_t crc, std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{at[i]} << (8 * i);
    word ^= crc;
    crc = 0;
    for (unsigned i = 0; i < 8; ++i) crc ^= table[7 - i][word >> (8 * i) & 0xFF];
  }
  for (; left > 0; --left, ++at) crc = table[0][(crc ^ *at) & 0xFF] ^ (crc >> 8);
  return crc;
}

std::string big_endian(std::uint64_t value, int bits) {
  std::string out;
  for (int shift = bits - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xFF));
  }
  return out;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// Product of two polynomials modulo the CRC's, in reflected representation.
std::uint64_t multiply(const CrcShape& shape, std::uint64_t a, std::uint64_t b) {
  const std::uint64_t top = std::uint64_t{1} << (shape.bits - 1);
  std::uint64_t product = 0;
  for (std::uint64_t bit = top; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ shape.polynomial : b >> 1;
  }
  return product;
}

// x to the power of 8 * bytes.
std::uint64_t power_of_bytes(const CrcShape& shape, std::uint64_t bytes) {
  std::uint64_t result = std::uint64_t{1} << (shape.bits - 1);  // 1
  std::uint64_t square = std::uint64_t{1} << (shape.bits - 9);  // x^8
  for (; bytes != 0; bytes >>= 1) {
    if ((bytes & 1) != 0) result = multiply(shape, result, square);
    square = multiply(shape, square, square);
  }
  return result;
}

}  // namespace

std::string_view header_suffix(ChecksumKind kind) {
  switch (kind) {
    case ChecksumKind::crc32:
      return "crc32";
    case ChecksumKind::crc32c:
      return "crc32c";
    case ChecksumKind::crc64nvme:
      return "crc64nvme";
    case ChecksumKind::md5:
      return "md5";
    case ChecksumKind::sha1:
      return "sha1";
    case ChecksumKind::sha256:
      return "sha256";
    case ChecksumKind::sha512:
      return "sha512";
  }
  return {};
}

std::string_view algorithm_name(ChecksumKind kind) {
  return element_name(kind).substr(std::string_view("Checksum").size());
}

std::string_view element_name(ChecksumKind kind) {
  switch (kind) {
    case ChecksumKind::crc32:
      return "ChecksumCRC32";
    case ChecksumKind::crc32c:
      return "ChecksumCRC32C";
    case ChecksumKind::crc64nvme:
      return "ChecksumCRC64NVME";
    case ChecksumKind::md5:
      return "ChecksumMD5";
    case ChecksumKind::sha1:
      return "ChecksumSHA1";
    case ChecksumKind::sha256:
      return "ChecksumSHA256";
    case ChecksumKind::sha512:
      return "ChecksumSHA512";
  }
  return {};
}

std::optional<ChecksumKind> parse_checksum_kind(std::string_view name) {
  for (const ChecksumKind kind : kChecksumKinds) {
    if (equal_ignoring_case(name, header_suffix(kind))) return kind;
  }
  return std::nullopt;
}

std::size_t checksum_bytes(ChecksumKind kind) {
  switch (kind) {
    case ChecksumKind::md5:
      return 16;
    case ChecksumKind::sha1:
      return 20;
    case ChecksumKind::sha256:
      return 32;
    case ChecksumKind::sha512:
      return 64;
    case ChecksumKind::crc32:
    case ChecksumKind::crc32c:
    case ChecksumKind::crc64nvme:
      break;
  }
  return static_cast<std::size_t>(shape_of(kind).bits) / 8;
}

bool is_crc(ChecksumKind kind) { return !hasher_of(kind); }

ChecksumStream::ChecksumStream(ChecksumKind kind) : kind_(kind) {
  if (const auto hasher = hasher_of(kind)) {
    hasher_.emplace(*hasher);
  } else {
    crc_ = mask_of(kind);
  }
}

void ChecksumStream::update(std::string_view bytes) {
  if (hasher_) {
    hasher_->update(as_bytes_of(bytes));
  } else {
    crc_ = advance_crc(table_of(kind_), crc_, bytes);
  }
}

std::string ChecksumStream::finish() {
  if (hasher_) return hasher_->finish();
  return big_endian(crc_ ^ mask_of(kind_), shape_of(kind_).bits);
}

std::string checksum_of(ChecksumKind kind, std::string_view bytes) {
  ChecksumStream stream(kind);
  stream.update(bytes);
  return stream.finish();
}

std::string combine_crc(ChecksumKind kind, std::string_view a, std::string_view b,
                        std::uint64_t b_bytes) {
  const CrcShape& shape = shape_of(kind);
  const std::uint64_t moved = multiply(shape, power_of_bytes(shape, b_bytes), from_big_endian(a));
  return big_endian(moved ^ from_big_endian(b), shape.bits);
}

}  // namespace cordon::cloud
