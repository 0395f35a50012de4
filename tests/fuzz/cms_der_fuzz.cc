#include <cstdint>
#include <span>

#include "clamav/cms_der.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)cordon::is_locked_cms(std::as_bytes(std::span(data, size)));
  return 0;
}
