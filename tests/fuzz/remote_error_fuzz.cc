#include <cstdint>
#include <string>

#include "aws/service_error.h"

// The body of a refusal, in any of the protocols: always an error, never more than it may hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const cordon::HttpResponse response{
      .status = 400, .headers = {}, .body = std::string(reinterpret_cast<const char*>(data), size)};
  (void)cordon::decode_remote_error(response);
  return 0;
}
