// A library of the tests that has `sscanf` looked up at its first call only.
#include <cstdio>

extern "C" unsigned first_number(const char* text) {
  unsigned number = 0;
  return std::sscanf(text, "%u", &number) == 1 ? number : 0;
}
