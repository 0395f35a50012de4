#include "console/failed_attempts.h"

#include <algorithm>

namespace cordon {
namespace {

constexpr std::chrono::seconds kWindow{60};
constexpr int kFailuresMax = 10;
constexpr std::size_t kAddressesMax = 10'000;

}  // namespace

bool FailedAttempts::is_over(const Window& window) const {
  return clock_.steady_now() - window.begun >= kWindow;
}

std::chrono::seconds FailedAttempts::wait_of(const std::string& address) const {
  return windows_.with([&](const Windows& windows) {
    const auto found = windows.find(address);
    if (found == windows.end() || found->second.failures < kFailuresMax || is_over(found->second)) {
      return std::chrono::seconds(0);
    }
    return std::chrono::ceil<std::chrono::seconds>(found->second.begun + kWindow -
                                                   clock_.steady_now());
  });
}

void FailedAttempts::note(const std::string& address) {
  windows_.with([&](Windows& windows) {
    if (windows.size() >= kAddressesMax && !windows.contains(address)) {
      std::erase_if(windows, [this](const auto& one) { return is_over(one.second); });
      // Whoever has so many addresses is not held up by any of them.
      if (windows.size() >= kAddressesMax) windows.clear();
    }
    Window& window = windows.try_emplace(address, Window{clock_.steady_now(), 0}).first->second;
    if (is_over(window)) window = {clock_.steady_now(), 0};
    ++window.failures;
  });
}

std::size_t FailedAttempts::size() const {
  return windows_.with([](const Windows& windows) { return windows.size(); });
}

}  // namespace cordon
