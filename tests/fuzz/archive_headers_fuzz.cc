#include <cstdint>
#include <span>
#include <string_view>

#include "clamav/rar5_headers.h"
#include "signatures/signature_set.h"

// Headers that the worker reads by itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)cordon::read_rar5_headers(std::as_bytes(std::span(data, size))).ok();
  (void)cordon::cvd_version(std::string_view(reinterpret_cast<const char*>(data), size)).ok();
  return 0;
}
