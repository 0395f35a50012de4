#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "base/check.h"
#include "sscanf/number_formats.h"

namespace {

struct Answer {
  std::optional<int> count;
  std::array<unsigned, 8> numbers{};
};
using Scan = std::optional<int> (*)(const char*, const char*, std::va_list);

void call(Scan scan, Answer& answer, const char* text, const char* format, ...) {
  std::va_list outputs;
  va_start(outputs, format);
  answer.count = scan(text, format, outputs);
  va_end(outputs);
}

Answer ask(Scan scan, const std::string& text, const std::string& format) {
  Answer answer;
  auto& n = answer.numbers;
  call(scan, answer, text.c_str(), format.c_str(), &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6],
       &n[7]);
  return answer;
}

}  // namespace

// A format, a zero byte, a text: whatever is answered is what the C library answers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const std::string format = input.substr(0, input.find('\0'));
  const std::string text = input.substr(std::min(format.size() + 1, size));
  if (std::count(format.begin(), format.end(), '%') > 8) return 0;
  const Answer ours = ask(cordon::scan_numbers, text, format);
  if (!ours.count) return 0;
  const Answer library =
      ask([](const char* t, const char* f,
             std::va_list outputs) -> std::optional<int> { return std::vsscanf(t, f, outputs); },
          text, format);
  CORDON_CHECK(ours.count == library.count && ours.numbers == library.numbers);
  return 0;
}
