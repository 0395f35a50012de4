#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/event.h"

namespace cordon {

/// The states of objects that slots of this agent are at. A queue delivers messages twice, and some
/// stores send two: two slots that move the same object at once would write over each other's
/// copies where the store does not keep to conditions.
///
/// Threads: any.
class UnderWay {
 public:
  /// Ends with its life. Must not outlive what gave it.
  class Entry {
   public:
    Entry(Entry&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), key_(std::move(other.key_)) {}
    Entry& operator=(Entry&&) = delete;
    ~Entry() {
      if (owner_ != nullptr) owner_->leave(key_);
    }

   private:
    friend class UnderWay;
    Entry(UnderWay& owner, std::string key) : owner_(&owner), key_(std::move(key)) {}
    UnderWay* owner_;
    std::string key_;
  };

  /// None when another slot is at the same state: the same version or, without one, the same ETag.
  std::optional<Entry> enter(const ObjectEvent& event);

 private:
  void leave(const std::string& key);

  std::mutex mutex_;
  std::set<std::string> keys_;
};

}  // namespace cordon
