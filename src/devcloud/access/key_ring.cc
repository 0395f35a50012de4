#include "devcloud/access/key_ring.h"

#include <algorithm>

namespace cordon::cloud {

void KeyRing::add(AccessKey key) {
  keys_.with([&](auto& keys) {
    const std::string name = key.identity.access_key;
    keys.insert_or_assign(name, std::move(key));
  });
}

std::optional<AccessKey> KeyRing::find(std::string_view access_key) const {
  return keys_.with([&](const auto& keys) -> std::optional<AccessKey> {
    const auto at = keys.find(access_key);
    if (at == keys.end()) return std::nullopt;
    return at->second;
  });
}

void KeyRing::remove(std::string_view access_key) {
  keys_.with([&](auto& keys) {
    const auto at = keys.find(access_key);
    if (at != keys.end()) keys.erase(at);
  });
}

bool KeyRing::knows(std::string_view arn) const {
  return keys_.with([&](const auto& keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const auto& entry) { return entry.second.identity.arn == arn; });
  });
}

void KeyRing::forget_expired(SystemTime now) {
  keys_.with([&](auto& keys) {
    std::erase_if(keys, [&](const auto& entry) {
      return entry.second.expires && *entry.second.expires + std::chrono::hours(1) < now;
    });
  });
}

}  // namespace cordon::cloud
