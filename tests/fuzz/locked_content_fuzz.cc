#include <cstdint>
#include <span>

#include "clamav/locked_formats.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)cordon::about_locked_content(std::as_bytes(std::span(data, size)));
  return 0;
}
