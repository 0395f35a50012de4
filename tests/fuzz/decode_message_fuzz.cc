#include <cstdint>
#include <string_view>

#include "core/event.h"

// Whatever is in a queue message: an event has a bucket and a key, or it is not an event. A gateway
// may leave the bucket to its file share.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decoded =
      cordon::decode_message(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!decoded) return 0;
  if (const auto* events = std::get_if<std::vector<cordon::ObjectEvent>>(&*decoded)) {
    for (const cordon::ObjectEvent& event : *events) {
      CORDON_CHECK(!event.object.bucket.empty() || event.upload);
      CORDON_CHECK(!event.object.key.empty());
    }
  }
  return 0;
}
