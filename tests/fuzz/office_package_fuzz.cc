#include <cstdint>
#include <span>

#include "clamav/office_package.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)cordon::open_office_package(std::as_bytes(std::span(data, size)));
  return 0;
}
