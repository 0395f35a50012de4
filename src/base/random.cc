#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace cordon {

std::uint64_t KernelRandom::next() {
  std::uint64_t value = 0;
  // SAFETY: reads of up to 256 bytes are never interrupted or short once the pool is seeded.
  CORDON_CHECK(::getrandom(&value, sizeof value, 0) == static_cast<ssize_t>(sizeof value));
  return value;
}

}  // namespace cordon
