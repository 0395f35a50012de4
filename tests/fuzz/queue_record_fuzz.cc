#include <cstdint>
#include <string_view>

#include "push/queue_record.h"

// What a disk gives back of a local queue and its dead letters: what was read is written as it was
// read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cordon;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto read = decode_queue_record(text)) {
    const auto again = decode_queue_record(encode_queue_record(*read));  // Whole milliseconds.
    if (!again || decode_queue_record(encode_queue_record(*again)).value() != *again) {
      __builtin_trap();
    }
  }
  if (const auto letter = decode_letter(text); letter && !decode_letter(encode_letter(*letter))) {
    __builtin_trap();
  }
  return 0;
}
