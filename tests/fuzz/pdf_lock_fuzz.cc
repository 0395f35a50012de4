#include <cstdint>
#include <span>

#include "clamav/pdf_lock.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)cordon::pdf_lock(std::as_bytes(std::span(data, size)));
  return 0;
}
