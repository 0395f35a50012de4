#include "sscanf/number_formats.h"

#include <cstdio>

namespace cordon {
namespace {

constexpr int kDigitsMax = 9;  // Ten of them may not fit into 32 bits.

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Equal in every locale, and no blank, which would stand for any number of blanks.
bool stands_for_itself(char c) { return c > ' ' && c <= '~' && c != '%'; }
/// What a locale or the sign of a number has a say in.
bool is_for_the_library(char c) {
  return c == '+' || c == '-' || static_cast<unsigned char>(c) > 127;
}

bool is_supported(const char* format) {
  for (; *format != '\0'; ++format) {
    const bool supported = *format == '%' ? *++format == 'u' : stands_for_itself(*format);
    if (!supported) return false;
  }
  return true;
}

/// What the text holds where a number is expected; `text` moves behind it.
enum class Found { number, other, end, for_the_library };
Found read_number(const char*& text, unsigned& number) {
  while (is_blank(*text)) ++text;
  if (*text == '\0') return Found::end;
  if (is_for_the_library(*text)) return Found::for_the_library;
  if (!is_digit(*text)) return Found::other;
  number = 0;
  for (int digits = 0; is_digit(*text); ++text) {
    if (++digits > kDigitsMax) return Found::for_the_library;
    number = number * 10 + static_cast<unsigned>(*text - '0');
  }
  return Found::number;
}

/// The text's end before anything was read is an error of its own.
int at_end(int count) { return count == 0 ? EOF : count; }

}  // namespace

std::optional<int> scan_numbers(const char* text, const char* format, std::va_list outputs) {
  if (!is_supported(format)) return std::nullopt;
  int count = 0;
  for (; *format != '\0'; ++format) {
    if (*format != '%') {
      if (*text == '\0') return at_end(count);
      if (*text++ != *format) return count;
      continue;
    }
    ++format;
    unsigned number = 0;
    switch (read_number(text, number)) {
      case Found::number:
        *va_arg(outputs, unsigned*) = number;
        ++count;
        break;
      case Found::other:
        return count;
      case Found::end:
        return at_end(count);
      case Found::for_the_library:
        return std::nullopt;
    }
  }
  return count;
}

}  // namespace cordon
