#include "clamav/lzma_probe.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace cordon {

bool decodes_as_lzma(std::span<const std::byte> content) {
  constexpr std::size_t kLookedAtMax = 64U << 10;
  constexpr std::uint64_t kMemoryMax = 64ULL << 20;
  // So much does not come out of other data: the first match that points in front of the beginning
  // ends it.
  constexpr std::uint64_t kEnoughBytes = 4096;

  lzma_stream stream = LZMA_STREAM_INIT;
  // A dictionary above the limit is refused at once, and taken for what its head says.
  if (lzma_alone_decoder(&stream, kMemoryMax) != LZMA_OK) return false;
  std::array<std::uint8_t, 4096> out{};
  // SAFETY: liblzma only reads; its type for bytes is uint8_t.
  stream.next_in = reinterpret_cast<const std::uint8_t*>(content.data());
  stream.avail_in = std::min(content.size(), kLookedAtMax);
  lzma_ret answer = LZMA_OK;
  while (answer == LZMA_OK && stream.total_out < kEnoughBytes) {
    const std::uint64_t before = stream.total_in + stream.total_out;
    stream.next_out = out.data();
    stream.avail_out = out.size();
    answer = lzma_code(&stream, LZMA_RUN);
    if (stream.total_in + stream.total_out == before) break;
  }
  const bool enough = stream.total_out >= kEnoughBytes || answer == LZMA_STREAM_END ||
                      answer == LZMA_MEMLIMIT_ERROR;
  // What ends within the looked at without an error was cut off in front of that.
  const bool cut = answer != LZMA_DATA_ERROR && answer != LZMA_FORMAT_ERROR && stream.total_out > 0;
  lzma_end(&stream);
  return enough || cut;
}

}  // namespace cordon
