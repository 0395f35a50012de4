#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace cordon {

/// A signature set as an engine that loaded it tells of it.
struct LoadedSet {
  std::string version;
  std::uint64_t signatures = 0;

  bool operator==(const LoadedSet&) const = default;
};

/// Whether the engine holds nothing but Cordon's own test signatures.
bool is_test_set(const LoadedSet& set);

/// Whether `next` may replace `present`, as far as numbers tell. It may not when less than half of
/// the signatures are left, or when test signatures would replace real ones: both are what a broken
/// mirror or an empty volume looks like, and would be noticed by nobody. Who means it starts the
/// agent anew. Pure. Errors: invalid, with a sentence.
Result<void> check_replacement(const LoadedSet& present, const LoadedSet& next);

/// Whether a set with the official parts `next` is at least as new as one with `present` (versions
/// by name). A part that is missing counts as older: a mirror that lost one, or serves yesterday's,
/// looks like any other. Parts of one's own have no order. Pure. Errors: invalid, with a sentence.
Result<void> check_not_older(const std::map<std::string, std::uint32_t>& present,
                             const std::map<std::string, std::uint32_t>& next);

}  // namespace cordon
