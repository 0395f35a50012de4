#include <cstdint>
#include <span>

#include "clamav/compound_file.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cordon::UnpackLimits limits{.bytes_max = 64U << 20};
  cordon::read_compound_file(std::as_bytes(std::span(data, size)), "/tmp", limits,
                             [](auto member) { return !member.empty(); });
  return 0;
}
