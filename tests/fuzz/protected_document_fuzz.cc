#include <cstdint>
#include <string_view>

#include "core/protected_document.h"

// What lies in the system bucket: what is read is written as it was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cordon;
  const auto read = decode_protected({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const auto written = encode_protected(*read);
  if (written && decode_protected(*written).value() != *read) __builtin_trap();
  return 0;
}
