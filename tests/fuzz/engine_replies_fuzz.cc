#include <cstdint>
#include <string_view>

#include "engine/protocol.h"

// What a worker or a zygote that was taken over may say. No reply is inconsistent and accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto reply = cordon::decode_verdict(bytes)) {
    CORDON_CHECK(cordon::is_consistent(reply->verdict));
  }
  (void)cordon::decode_ready(bytes).ok();
  (void)cordon::decode_failed(bytes).ok();
  (void)cordon::decode_worker(bytes).ok();
  (void)cordon::decode_reaped(bytes).ok();
  (void)cordon::decode_hello(bytes).ok();
  (void)cordon::decode_no_verdict(bytes).ok();
  return 0;
}
