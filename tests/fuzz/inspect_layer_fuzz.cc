#include <array>
#include <cstdint>
#include <span>

#include "clamav/layer_inspector.h"

// What the worker reads of a layer before the engine does. The first byte chooses what the engine
// took it for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array kTypes = {"CL_TYPE_ZIP",    "CL_TYPE_7Z",         "CL_TYPE_RAR",
                                        "CL_TYPE_MSOLE2", "CL_TYPE_MSEXE",      "CL_TYPE_HTML",
                                        "CL_TYPE_ELF",    "CL_TYPE_BINARY_DATA"};
  if (size == 0) return 0;
  const auto layer = std::as_bytes(std::span(data, size).subspan(1));
  (void)cordon::inspect_layer(kTypes[data[0] % kTypes.size()], layer, 1'000'000);
  return 0;
}
