#include <cstdint>
#include <string_view>

#include "core/agent_report.h"

// What lies in the results queue: what was read is written as it was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cordon;
  const auto read = decode_agent_report({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const auto again = decode_agent_report(to_json(*read));  // Times are whole milliseconds from here.
  if (again && decode_agent_report(to_json(*again)).value() != *again) __builtin_trap();
  return 0;
}
