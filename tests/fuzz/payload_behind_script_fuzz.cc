#include <cstdint>
#include <filesystem>

#include "clamav/payload_behind_script.h"

// Scripts and programs with something behind them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path temp = std::filesystem::temp_directory_path();
  const auto bytes = std::as_bytes(std::span(data, size));
  (void)cordon::find_payloads_behind_script(bytes);
  (void)cordon::read_payloads_behind_script(bytes, temp, {.bytes_max = 64U << 20},
                                            [](auto) { return true; });
  return 0;
}
