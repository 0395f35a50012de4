#include <cstdint>
#include <string>
#include <string_view>

#include "signatures/signature_set.h"
#include "updates/checksum_list.h"
#include "updates/set_directory.h"

// What a mirror sends beside signatures, and what lies beside a set.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)cordon::parse_checksums(text).ok();
  (void)cordon::parse_manifest(std::string(text)).ok();
  (void)cordon::cvd_time(text);
  return 0;
}
