#include <cstdint>
#include <span>

#include "clamav/zip_directory.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)cordon::read_zip_directory(std::as_bytes(std::span(data, size))).ok();
  return 0;
}
