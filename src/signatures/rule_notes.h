#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// A file of one's own in a set.
struct RuleFile {
  std::string name;  ///< Without its directory.
  std::string text;
};

/// What an engine said while it loaded a set.
struct LoadWords {
  /// The names that it took up from YARA files, and how often.
  std::map<std::string, std::size_t> yara_names;
  /// Its warnings and errors in their order.
  std::vector<std::string> lines;
};

/// Which rules of `files` are loaded and not in force, or only in part, one sentence each: engines
/// step over what they cannot use and call the set loaded all the same. `level` is the engine's
/// functionality level. docs/runbook/signatures.md says what is known. Pure.
std::vector<std::string> rule_notes(const std::vector<RuleFile>& files, const LoadWords& words,
                                    std::uint32_t level);

}  // namespace cordon
