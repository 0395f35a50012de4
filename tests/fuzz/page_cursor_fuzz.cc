#include <cstdint>
#include <string_view>

#include "core/page.h"

// What comes back from a client as a cursor: a cursor has one text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cursor = cordon::decode_cursor(text, "results");
  if (cursor && cordon::encode_cursor(*cursor, "results") != text) __builtin_trap();
  return 0;
}
