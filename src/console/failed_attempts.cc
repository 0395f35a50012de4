#include "console/failed_attempts.h"

#include <algorithm>

namespace cordon {
namespace {

constexpr std::size_t kRememberedMax = 10'000;

}  // namespace

bool FailedAttempts::is_over(const Window& window) const {
  return clock_.steady_now() - window.begun >= limit_.window;
}

std::chrono::seconds FailedAttempts::wait_in(const Windows& windows, const std::string& who) const {
  const auto found = windows.find(who);
  if (found == windows.end() || found->second.failures < limit_.failures_max ||
      is_over(found->second)) {
    return std::chrono::seconds(0);
  }
  return std::chrono::ceil<std::chrono::seconds>(found->second.begun + limit_.window -
                                                 clock_.steady_now());
}

void FailedAttempts::note_in(Windows& windows, const std::string& who) const {
  if (windows.size() >= kRememberedMax && !windows.contains(who)) {
    std::erase_if(windows, [this](const auto& one) { return is_over(one.second); });
    // Whoever has so many addresses is not held up by any of them.
    if (windows.size() >= kRememberedMax) windows.clear();
  }
  Window& window = windows.try_emplace(who, Window{clock_.steady_now(), 0}).first->second;
  if (is_over(window)) window = {clock_.steady_now(), 0};
  ++window.failures;
}

std::chrono::seconds FailedAttempts::wait_of(const std::string& who) const {
  return windows_.with([&](const Windows& windows) { return wait_in(windows, who); });
}

void FailedAttempts::note(const std::string& who) {
  windows_.with([&](Windows& windows) { note_in(windows, who); });
}

std::chrono::seconds FailedAttempts::begin(const std::string& who) {
  return windows_.with([&](Windows& windows) {
    const std::chrono::seconds wait = wait_in(windows, who);
    if (wait.count() == 0) note_in(windows, who);
    return wait;
  });
}

void FailedAttempts::take_back(const std::string& who) {
  windows_.with([&](Windows& windows) {
    const auto found = windows.find(who);
    if (found != windows.end() && found->second.failures > 0) --found->second.failures;
  });
}

std::size_t FailedAttempts::size() const {
  return windows_.with([](const Windows& windows) { return windows.size(); });
}

}  // namespace cordon
