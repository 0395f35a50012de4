#include <cstdint>
#include <string_view>

#include "core/allow_mark.h"
#include "core/quarantine_record.h"

// What lies in the quarantine bucket, and the ids that people type.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const cordon::BucketName bucket("q");
  if (auto mark = cordon::decode_allow_mark(text)) {
    if (!cordon::decode_allow_mark(cordon::encode_allow_mark(*mark))) __builtin_trap();
  }
  if (auto stored = cordon::parse_quarantine_id(text, bucket)) {
    const std::string all(text);
    (void)cordon::read_record(*stored, {{"cordon-key", all}, {"cordon-signatures", all}});
    if (cordon::parse_quarantine_id(cordon::quarantine_id(*stored), bucket).value() != *stored) {
      __builtin_trap();
    }
  }
  return 0;
}
