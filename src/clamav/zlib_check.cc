#include "clamav/zlib_check.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace cordon {
namespace {

constexpr std::size_t kPackedBytesMax = 16U << 10U;
/// Random bits become an error after some five bytes.
constexpr std::size_t kUnpackedBytesMin = 64;

/// Method 8 with a window of 32 KiB, no dictionary, and a check of both bytes.
bool has_header(std::span<const std::byte> content) {
  if (content.size() < 8) return false;
  const auto method = std::to_integer<unsigned>(content[0]);
  const auto flags = std::to_integer<unsigned>(content[1]);
  return method == 0x78 && (method * 256 + flags) % 31 == 0 && (flags & 0x20U) == 0;
}

}  // namespace

bool is_zlib(std::span<const std::byte> content) {
  if (!has_header(content)) return false;
  const auto head = content.first(std::min(content.size(), kPackedBytesMax));
  std::array<unsigned char, kUnpackedBytesMin> out;
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) return false;
  // SAFETY: zlib reads its input only; its interface lacks the const.
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(head.data()));
  stream.avail_in = static_cast<unsigned>(head.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<unsigned>(out.size());
  const int answer = ::inflate(&stream, Z_SYNC_FLUSH);
  const std::size_t unpacked = out.size() - stream.avail_out;
  ::inflateEnd(&stream);
  return unpacked == out.size() || (unpacked > 0 && answer == Z_STREAM_END);
}

}  // namespace cordon
