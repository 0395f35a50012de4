#include "clamav/rar5_headers.h"

#include "base/byte_reader.h"

// https://www.rarlab.com/technote.htm, "RAR 5.0 archive format". Checksums of headers are not
// verified: libarchive does that, and refuses the archive.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kMarkBytes = 8;
constexpr std::uint64_t kHeaderBytesMax = 2U << 20;  // The format's own limit.

enum BlockType : std::uint64_t {
  kFileBlock = 2,
  kServiceBlock = 3,
  kCryptBlock = 4,
  kEndBlock = 5
};
enum BlockFlag : std::uint64_t { kHasExtra = 1, kHasData = 2, kSplitBefore = 8, kSplitAfter = 16 };
constexpr std::uint64_t kCryptRecord = 1;

/// Seven bits a byte, lowest first, at most ten bytes.
Result<std::uint64_t> number(ByteReader& in) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    CORDON_TRY(const std::uint8_t byte, in.u8());
    if (shift == 63 && byte > 1) break;
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return Error{Errc::invalid, "rar header: a number is too long"};
}

Result<Bytes> counted(ByteReader& in, std::uint64_t count) {
  if (count > in.left()) return Error{Errc::invalid, "rar header: reaches beyond the end"};
  return in.bytes(static_cast<std::size_t>(count));
}

Result<bool> has_crypt_record(Bytes extra) {
  ByteReader in(extra);
  while (in.left() > 0) {
    CORDON_TRY(const std::uint64_t size, number(in));
    CORDON_TRY(const Bytes record, counted(in, size));
    ByteReader fields(record);
    CORDON_TRY(const std::uint64_t type, number(fields));
    if (type == kCryptRecord) return true;
  }
  return false;
}

struct Block {
  std::uint64_t type = 0;
  std::uint64_t flags = 0;
  std::uint64_t data_bytes = 0;
  bool crypt_record = false;
};

Result<Block> read_block(ByteReader& in) {
  CORDON_TRY(const std::uint32_t checksum, in.u32());
  (void)checksum;
  CORDON_TRY(const std::uint64_t size, number(in));
  if (size == 0 || size > kHeaderBytesMax) return Error{Errc::invalid, "rar header: bad size"};
  CORDON_TRY(const Bytes header, counted(in, size));
  ByteReader fields(header);
  Block block;
  CORDON_TRY(block.type, number(fields));
  CORDON_TRY(block.flags, number(fields));
  std::uint64_t extra_bytes = 0;
  if ((block.flags & kHasExtra) != 0) {
    CORDON_TRY(extra_bytes, number(fields));
  }
  if ((block.flags & kHasData) != 0) {
    CORDON_TRY(block.data_bytes, number(fields));
  }
  if (extra_bytes > fields.left()) return Error{Errc::invalid, "rar header: bad extra area"};
  if (block.type == kFileBlock || block.type == kServiceBlock) {
    CORDON_TRY(block.crypt_record,
               has_crypt_record(header.last(static_cast<std::size_t>(extra_bytes))));
  }
  return block;
}

}  // namespace

Result<Rar5Summary> read_rar5_headers(Bytes archive) {
  ByteReader in(archive);
  CORDON_TRY(const Bytes mark, counted(in, kMarkBytes));
  (void)mark;
  Rar5Summary summary;
  while (in.left() > 0) {
    CORDON_TRY(const Block block, read_block(in));
    if (block.type == kCryptBlock) {
      summary.encrypted = true;  // Everything behind it is unreadable.
      return summary;
    }
    if (block.type == kFileBlock) ++summary.members;
    summary.encrypted = summary.encrypted || block.crypt_record;
    summary.multi_volume =
        summary.multi_volume || (block.flags & (kSplitBefore | kSplitAfter)) != 0;
    summary.has_end = block.type == kEndBlock;
    if (summary.has_end) return summary;
    CORDON_TRY(const Bytes data, counted(in, block.data_bytes));
    (void)data;
  }
  return summary;
}

}  // namespace cordon
