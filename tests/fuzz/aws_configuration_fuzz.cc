#include <cstdint>
#include <string_view>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/profile_files.h"

// What files, environment and metadata services say.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)cordon::parse_profile_file(text, "config").ok();
  (void)cordon::parse_endpoint_url(text, "--endpoint-url").ok();
  (void)cordon::decode_credentials(text, "metadata").ok();
  return 0;
}
