#include "agent/finished.h"

#include "core/provenance.h"

namespace cordon {

std::optional<std::string> Finished::key_of(const ObjectEvent& event) {
  const bool pinned = pins_bytes(event.object.version);
  if (!pinned && (!event.sequencer || !event.etag)) return std::nullopt;
  const std::string state = pinned ? "v" + event.object.version->str() : "e" + event.etag->str();
  return event.object.bucket.str() + '\0' + state + '\0' + event.sequencer.value_or("") + '\0' +
         event.object.key.str();
}

void Finished::add(const ObjectEvent& event) {
  const std::optional<std::string> key = key_of(event);
  if (!key) return;
  std::lock_guard lock(mutex_);
  const auto known = index_.find(*key);
  if (known != index_.end()) {
    oldest_first_.splice(oldest_first_.end(), oldest_first_, known->second);
    return;
  }
  oldest_first_.push_back(*key);
  index_.emplace(*key, std::prev(oldest_first_.end()));
  if (index_.size() > entries_max_) {
    index_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
}

bool Finished::contains(const ObjectEvent& event) const {
  const std::optional<std::string> key = key_of(event);
  if (!key) return false;
  std::lock_guard lock(mutex_);
  return index_.contains(*key);
}

}  // namespace cordon
