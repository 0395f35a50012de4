#include <cstdint>
#include <string_view>

#include "clamav/package_manifests.h"

// Runs in the worker, over bytes that an attacker chose.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)cordon::says_opendocument_encrypted(text);
  (void)cordon::says_epub_encrypted(text);
  return 0;
}
