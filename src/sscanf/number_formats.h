#pragma once

#include <cstdarg>
#include <optional>

namespace cordon {

/// What vsscanf(text, format, outputs) returns and writes, for formats of nothing but `%u` and
/// printable ASCII characters that stand for themselves ("%u,%u", "S%u+%u").
///
/// Nothing when the format holds anything else, and when the text holds what locales and overflow
/// have a say in where a number is expected (a sign, more than nine digits, a byte above 127): ask
/// the C library. Numbers before that place have then been written, as it will write them again.
///
/// Threads: any. Allocates nothing, leaves errno alone.
std::optional<int> scan_numbers(const char* text, const char* format, std::va_list outputs);

}  // namespace cordon
