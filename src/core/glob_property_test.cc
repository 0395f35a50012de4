// The matcher against the grammar of docs/formats/settings.md, read out by plain backtracking.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "core/glob.h"

namespace cordon {
namespace {

using Text = std::u32string_view;

bool reference(Text pattern, Text key, bool folder_may_begin);

// "**/": nothing, or whole folders with their slashes.
bool folders(Text rest, Text key) {
  if (reference(rest, key, true)) return true;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == U'/' && reference(rest, key.substr(i + 1), true)) return true;
  }
  return false;
}

bool run(Text rest, Text key, bool across) {
  for (std::size_t i = 0;; ++i) {
    if (reference(rest, key.substr(i), false)) return true;
    if (i == key.size() || (!across && key[i] == U'/')) return false;
  }
}

bool reference(Text pattern, Text key, bool folder_may_begin) {
  if (pattern.empty()) return key.empty();
  if (folder_may_begin && pattern.starts_with(U"**/")) return folders(pattern.substr(3), key);
  if (pattern.starts_with(U"**")) return run(pattern.substr(2), key, true);
  if (pattern.starts_with(U"*")) return run(pattern.substr(1), key, false);
  if (key.empty() || (pattern[0] == U'?' ? key[0] == U'/' : key[0] != pattern[0])) return false;
  return reference(pattern.substr(1), key.substr(1), pattern[0] == U'/');
}

std::string text_of(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

std::u32string wide(const std::string& text) { return std::u32string(text.begin(), text.end()); }

RC_GTEST_PROP(GlobProperty, MatchesWhatTheGrammarSays, ()) {
  const auto part = rc::gen::elementOf(
      std::vector<std::string>{"a", "b", "/", "?", "*", "**", "**/", "/**/", "a", "/"});
  const auto letter = rc::gen::elementOf(std::vector<std::string>{"a", "b", "/"});
  const std::string pattern =
      text_of(*rc::gen::resize(7, rc::gen::container<std::vector<std::string>>(part)));
  const std::string key =
      text_of(*rc::gen::resize(9, rc::gen::container<std::vector<std::string>>(letter)));
  const bool matches = reference(wide(pattern), wide(key), true);
  RC_TAG(matches ? "match" : "none");

  RC_ASSERT(glob_matches(pattern, key) == matches);
}

RC_GTEST_PROP(GlobProperty, AKeyWithoutWildcardsMatchesItselfAlone, ()) {
  const auto letter = rc::gen::elementOf(std::vector<std::string>{"a", "/", "[", "\\", "\xC3\xBC"});
  const auto texts = rc::gen::container<std::vector<std::string>>(letter);
  const std::string key = text_of(*texts);
  const std::string other = text_of(*texts);

  RC_ASSERT(glob_matches(key, key));
  RC_ASSERT(glob_matches(key, other) == (key == other));
  RC_ASSERT(glob_matches("**", key));
}

}  // namespace
}  // namespace cordon
