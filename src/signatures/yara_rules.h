#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// A rule of a YARA file, as far as it matters for what the engine makes of it.
struct YaraRule {
  std::string name;
  std::size_t line = 0;  ///< From 1.
  bool is_global = false;
  /// A regular expression with the flag `i` has capital letters in its pattern.
  bool has_capitals_under_i = false;
  /// Modifiers that stand behind a regular expression of its: "nocase", "fullword", ...
  std::vector<std::string> regex_modifiers = {};

  bool operator==(const YaraRule&) const = default;
};

/// The rules of a YARA file in their order. Understands just enough to find them: comments, texts,
/// hex strings and regular expressions hold no rules. What is broken is read as far as it goes;
/// at most 100,000 rules. Pure; total.
std::vector<YaraRule> yara_rules(std::string_view text);

}  // namespace cordon
