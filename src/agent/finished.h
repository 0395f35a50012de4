#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/event.h"

namespace cordon {

/// The objects that this agent has lately finished, so that a message that is delivered twice costs
/// nothing. Bounded: the oldest are forgotten.
///
/// Threads: any.
class Finished {
 public:
  explicit Finished(std::size_t entries_max = 10'000) : entries_max_(entries_max) {}

  void add(const ObjectEvent& event);
  bool contains(const ObjectEvent& event) const;

 private:
  /// Nothing when the event does not say which state of the object it tells of: the same content
  /// uploaded again has the same ETag, and needs its tags again.
  static std::optional<std::string> key_of(const ObjectEvent& event);

  const std::size_t entries_max_;
  mutable std::mutex mutex_;
  std::list<std::string> oldest_first_;
  std::unordered_map<std::string, std::list<std::string>::iterator> index_;
};

}  // namespace cordon
