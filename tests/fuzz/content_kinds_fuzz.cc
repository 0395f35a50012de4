#include <array>
#include <cstdint>
#include <span>

#include "clamav/content_kinds.h"
#include "clamav/payloads.h"
#include "clamav/size_checks.h"

// What is read at fixed places of a layer, by its marks. The first byte chooses the engine's type.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array kTypes = {"CL_TYPE_BINARY_DATA", "CL_TYPE_ARJ", "CL_TYPE_MSCHM",
                                        "CL_TYPE_MSSZDD", "CL_TYPE_ISO9660"};
  if (size == 0) return 0;
  const auto layer = std::as_bytes(std::span(data, size).subspan(1));
  (void)cordon::about_content(kTypes[data[0] % kTypes.size()], layer);
  (void)cordon::about_missing_end(kTypes[data[0] % kTypes.size()], layer);
  (void)cordon::payload_of(layer);
  return 0;
}
