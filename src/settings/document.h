#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A settings document before anybody knows what it means: TOML and JSON as one tree that remembers
// lines. Internal to settings.

namespace cordon {

/// Something that is wrong with a settings document.
struct SettingsProblem {
  int line = 0;              ///< From 1; 0: no single line.
  std::string key = {};      ///< "buckets[2].on.clean"; empty: the document as a whole.
  std::string what = {};     ///< Why it is refused, and what is expected.
  std::string nearest = {};  ///< What was probably meant; empty: no idea.

  bool operator==(const SettingsProblem&) const = default;
};

/// "FILE:LINE: KEY: what; did you mean "nearest"?"
std::string to_string(const SettingsProblem& problem, std::string_view file);

/// The problems of one document, the first twenty of them: what follows is mostly their echo.
class SettingsProblems {
 public:
  void add(SettingsProblem problem);
  bool empty() const { return problems_.empty(); }
  /// In the order of their lines.
  std::vector<SettingsProblem> take() &&;

 private:
  std::vector<SettingsProblem> problems_;
};

/// One value of the document.
struct SettingsNode {
  enum class Kind : std::uint8_t { table, list, text, integer, boolean, other };

  Kind kind = Kind::other;
  int line = 0;
  std::string text = {};  ///< Of a text (times are texts); of `other`: what it is.
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<SettingsNode> items = {};
  /// In the order of the document; a name stands once.
  std::vector<std::pair<std::string, SettingsNode>> members = {};
};

inline constexpr std::size_t kSettingsBytesMax = 1U << 20U;
inline constexpr std::size_t kSettingsDepthMax = 16;
inline constexpr std::size_t kSettingsItemsMax = 10'000;  ///< Of one list or table.

/// Parse a whole document; its root is a table. What cannot be read is one problem, and the node
/// then means nothing. Pure.
SettingsNode parse_json_document(std::string_view text, SettingsProblems& problems);
SettingsNode parse_toml_document(std::string_view text, SettingsProblems& problems);

}  // namespace cordon
