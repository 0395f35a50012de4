#include <cstdint>
#include <span>

#include "clamav/large_form.h"

// Runs in the worker, over both ends of objects that an attacker made.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  (void)cordon::content_of_head(bytes);
  (void)cordon::content_of_tail(bytes);
  return 0;
}
