#pragma once

namespace cordon {

/// Prints the broken promise and aborts; the supervisor restarts the process.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace cordon

/// For promises inside our own code only, in every build. Nothing that arrives from network, disk,
/// configuration or a worker process may reach one: that is input, and input gets an Error.
#define CORDON_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::cordon::check_failed(#condition, __FILE__, __LINE__))
