#include "base/secret.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace cordon {

void wipe(std::span<std::byte> memory) noexcept {
  if (!memory.empty()) ::explicit_bzero(memory.data(), memory.size());
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // What was cut off lies behind the end. Allocates nothing.
  wipe(std::as_writable_bytes(std::span(text)));
  text.clear();
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));  // Lowering a limit is always permitted.
#ifndef CORDON_SANITIZED                               // The leak checker traces its own process.
  static_cast<void>(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
#endif
}

}  // namespace cordon
