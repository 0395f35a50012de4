#include <cstdint>
#include <filesystem>

#include "clamav/openpgp_content.h"

// What is signed or compressed with OpenPGP, binary or in armour.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path temp = std::filesystem::temp_directory_path();
  const auto bytes = std::as_bytes(std::span(data, size));
  (void)cordon::looks_like_openpgp(bytes);
  (void)cordon::read_openpgp_content(bytes, temp, {.bytes_max = 64U << 20},
                                     [](auto) { return true; });
  return 0;
}
