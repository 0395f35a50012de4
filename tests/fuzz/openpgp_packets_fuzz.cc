#include <cstdint>
#include <span>

#include "clamav/openpgp_packets.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)cordon::is_locked_openpgp(std::as_bytes(std::span(data, size)));
  return 0;
}
