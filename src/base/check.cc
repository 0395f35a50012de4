#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace cordon {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, expression);
  std::abort();
}

}  // namespace cordon
