#include <cstdint>
#include <string_view>

#include "brake/brake_document.h"

// What lies in the system bucket: what is read is written as it was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cordon;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto it = parse_brake_state(text); it && !parse_brake_state(to_json(*it))) __builtin_trap();
  if (auto it = parse_brake_pull(text); it && !parse_brake_pull(to_json(*it))) __builtin_trap();
  if (auto it = parse_brake_history(text); it && !parse_brake_history(to_json(*it)))
    __builtin_trap();
  if (auto it = parse_held_object(text); it && !parse_held_object(to_json(*it))) __builtin_trap();
  return 0;
}
