#include <cstdint>
#include <span>
#include <string_view>

#include "clamav/arj_headers.h"
#include "clamav/rar5_headers.h"
#include "signatures/signature_set.h"

// Headers that the worker reads by itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  (void)cordon::arj_members(bytes);
  (void)cordon::arj_end(bytes);
  (void)cordon::read_rar5_headers(bytes).ok();
  (void)cordon::cvd_version(std::string_view(reinterpret_cast<const char*>(data), size)).ok();
  return 0;
}
