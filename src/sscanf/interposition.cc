// The sscanf of a program, in front of the C library's.
//
// The dynamic linker looks for a symbol in the program first and in its libraries afterwards, so a
// program that exports a function `sscanf` has it called by all of them. There are two names: of
// ISO C99, and of GNU before it, where `%a` allocates. What scan_numbers() does not answer goes to
// the function of the C library that answers under the same name.
#include "sscanf/interposition.h"

#include <atomic>
#include <cstdarg>
#include <optional>

#include "sscanf/number_formats.h"

// Declared under names of our own: the headers of the C library redirect `sscanf` and `vsscanf` to
// one of the two names, by the dialect of the compiler.
extern "C" {
int cordon_library_gnu(const char* text, const char* format, va_list outputs) __asm__("vsscanf");
int cordon_library_c99(const char* text, const char* format,
                       va_list outputs) __asm__("__isoc99_vsscanf");
int cordon_sscanf_gnu(const char* text, const char* format, ...) __asm__("sscanf");
int cordon_sscanf_c99(const char* text, const char* format, ...) __asm__("__isoc99_sscanf");
}

namespace cordon {
namespace {

constinit std::atomic<SscanfAnswerer> answerer{SscanfAnswerer::cordon};

using LibraryFunction = int(const char* text, const char* format, va_list outputs);

/// Ours when it can, else what `library` says. Zero-terminated arguments, hence no string_view.
int answer(const char* text, const char* format, std::va_list outputs, LibraryFunction& library) {
  if (answerer.load(std::memory_order_relaxed) == SscanfAnswerer::cordon) {
    std::va_list copy;
    va_copy(copy, outputs);
    const std::optional<int> ours = scan_numbers(text, format, copy);
    va_end(copy);
    if (ours) return *ours;
  }
  return library(text, format, outputs);
}

}  // namespace
}  // namespace cordon

int cordon_sscanf_gnu(const char* text, const char* format, ...) {
  va_list outputs;
  va_start(outputs, format);
  const int count = cordon::answer(text, format, outputs, cordon_library_gnu);
  va_end(outputs);
  return count;
}

int cordon_sscanf_c99(const char* text, const char* format, ...) {
  va_list outputs;
  va_start(outputs, format);
  const int count = cordon::answer(text, format, outputs, cordon_library_c99);
  va_end(outputs);
  return count;
}

namespace cordon {

void set_sscanf_answerer(SscanfAnswerer who) { answerer.store(who, std::memory_order_relaxed); }

SscanfFunctions sscanf_functions() {
  return {.gnu = &cordon_sscanf_gnu, .c99 = &cordon_sscanf_c99};
}

}  // namespace cordon
