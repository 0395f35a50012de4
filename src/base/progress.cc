#include "base/progress.h"

namespace cordon {
namespace {

constexpr std::chrono::milliseconds kRewritten{200};
constexpr std::chrono::seconds kBetweenLines{5};
// To the first column, and nothing behind it.
constexpr const char* kErase = "\r\x1b[K";

}  // namespace

void ProgressLine::tell(std::string_view what, std::size_t done, std::size_t total) {
  const std::lock_guard lock(mutex_);
  const bool is_terminal = style_ == Style::terminal;
  if (done >= total) {
    if (is_shown_ && is_terminal) write_(kErase);
    is_shown_ = false;
    return;
  }
  const SteadyTime now = clock_.steady_now();
  if (now < next_) return;
  next_ = now + (is_terminal ? kRewritten : std::chrono::milliseconds(kBetweenLines));
  const std::string text =
      std::to_string(done) + " of " + std::to_string(total) + " " + std::string(what);
  write_(is_terminal ? kErase + text : "cordon: " + text + "\n");
  is_shown_ = true;
}

}  // namespace cordon
