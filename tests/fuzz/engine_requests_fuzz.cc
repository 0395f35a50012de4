#include <cstdint>
#include <string_view>

#include "engine/protocol.h"

// The engine's side decodes as carefully: what it accepts, it writes again byte for byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto spawn = cordon::decode_spawn(bytes)) CORDON_CHECK(encode(*spawn) == bytes);
  if (const auto reap = cordon::decode_reap(bytes)) CORDON_CHECK(encode(*reap) == bytes);
  if (const auto scan = cordon::decode_scan(bytes)) CORDON_CHECK(encode(*scan) == bytes);
  return 0;
}
