#include <cstdint>
#include <filesystem>
#include <span>

#include "clamav/onenote_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path temp = std::filesystem::temp_directory_path();
  (void)cordon::read_onenote_files(std::as_bytes(std::span(data, size)), temp, {},
                                   [](std::span<const std::byte>) { return true; });
  return 0;
}
