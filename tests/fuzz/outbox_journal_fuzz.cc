#include <cstdint>
#include <string_view>

#include "journal/journal_format.h"

// What a disk gives back of an outbox: records are whole, in order, and within the piece.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view piece(reinterpret_cast<const char*>(data), size);
  std::size_t end = 0;
  while (const auto record = cordon::find_record(piece, end)) {
    const std::string_view found = piece.substr(record->begin, record->end - record->begin);
    if (record->begin < end || cordon::encode_record(record->payload) != found) __builtin_trap();
    end = record->end;
  }
  cordon::decode_position(piece);
  return 0;
}
