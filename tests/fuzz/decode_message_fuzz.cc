#include <cstdint>
#include <string_view>

#include "core/event.h"

// Whatever is in a queue message: an event has a bucket and a key, or it is not an event. A gateway
// may leave the bucket to its file share.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto decoded = cordon::decode_message(body, {.takes_scan_requests = true});
  if (!decoded) return 0;
  if (const auto* records = std::get_if<cordon::EventRecords>(&*decoded)) {
    CORDON_CHECK(records->places.size() == records->events.size());
    for (const cordon::ObjectEvent& event : records->events) {
      CORDON_CHECK(!event.object.bucket.empty() || event.upload);
      CORDON_CHECK(!event.object.key.empty());
    }
    // What is put aside is bad there as well, and all of it.
    std::vector<std::size_t> places;
    for (const cordon::BadRecord& bad : records->bad) places.push_back(bad.place);
    if (places.empty()) return 0;
    const auto rest = cordon::only_records(body, places);
    CORDON_CHECK(rest && !cordon::decode_message(*rest, {.takes_scan_requests = true}));
  }
  return 0;
}
