#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace cordon {

/// Overwrites memory that held a secret; the compiler may not leave it out.
void wipe(std::span<std::byte> memory) noexcept;
void wipe(std::string& text) noexcept;

/// Wipes a text at the end of its scope, on every way out of it.
class WipedLater {
 public:
  explicit WipedLater(std::string& text) : text_(text) {}
  WipedLater(const WipedLater&) = delete;
  WipedLater& operator=(const WipedLater&) = delete;
  ~WipedLater() { wipe(text_); }

 private:
  std::string& text_;
};

/// A process that holds keys and credentials leaves no core dump, which would lie on a disk for
/// anybody to find, and cannot be looked into by others of its user (ptrace, /proc/PID/mem).
/// Processes that it starts leave no core dump either.
void forbid_core_dumps();

}  // namespace cordon
