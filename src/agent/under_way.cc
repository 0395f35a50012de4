#include "agent/under_way.h"

#include "core/provenance.h"

namespace cordon {

std::optional<UnderWay::Entry> UnderWay::enter(const ObjectEvent& event) {
  const ObjectRef& object = event.object;
  const std::string state = pins_bytes(object.version) ? 'v' + object.version->str()
                            : event.etag               ? 'e' + event.etag->str()
                                                       : std::string();
  std::string key = object.bucket.str() + '\0' + state + '\0' + object.key.str();
  std::lock_guard lock(mutex_);
  if (!keys_.insert(key).second) return std::nullopt;
  return Entry(*this, std::move(key));
}

void UnderWay::leave(const std::string& key) {
  std::lock_guard lock(mutex_);
  keys_.erase(key);
}

}  // namespace cordon
