// What an engine makes of a rule is known in three ways, each of which is blind to something:
//  * it names the YARA rules that it takes up: one of a file that it does not name was not
//    understood, and its words name the line, more or less;
//  * its warnings name those that it takes up and then cannot use;
//  * what it ignores without a word is known from trying (docs/runbook/signatures.md), and found in
//    the files' text.
#include "signatures/rule_notes.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "base/text.h"
#include "signatures/yara_rules.h"

namespace cordon {
namespace {

constexpr std::string_view kYara = "YARA.";
constexpr std::string_view kSkipping = ", skipping YARA.";

bool has_extension(const std::string& name, std::initializer_list<std::string_view> extensions) {
  const std::string extension = std::filesystem::path(name).extension().string();
  return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

/// The engine's words without the name of its function in front.
std::string_view without_function(std::string_view line) {
  const std::size_t colon = line.find(": ");
  return colon == std::string_view::npos ? line : line.substr(colon + 2);
}

/// Why rules were taken up and could not be used, by name.
std::map<std::string, std::string> skipped_rules(const LoadWords& words) {
  std::map<std::string, std::string> skipped;
  std::string before;
  for (const std::string& line : words.lines) {
    const std::size_t at = line.rfind(kSkipping);
    if (at == std::string::npos) {
      before = without_function(line);
      continue;
    }
    // "cannot support 1 input strings" is explained by the line before it.
    const std::string own(without_function(std::string_view(line).substr(0, at)));
    const bool explained = own.find("cannot support") != std::string::npos && !before.empty();
    skipped[line.substr(at + kSkipping.size())] = explained ? before : own;
    before.clear();
  }
  return skipped;
}

/// What the engine says about lines of `file` that it did not understand.
std::string words_about(const std::string& file, const LoadWords& words) {
  for (const std::string& line : words.lines) {
    const std::size_t at = line.find(file + " line ");
    if (line.find("yyerror") != std::string::npos && at != std::string::npos) {
      return line.substr(at + file.size() + 1);
    }
  }
  return "";
}

using Notes = std::vector<std::string>;

/// The line of which `words_about` tells; none: the engine understood the file.
std::optional<std::uint64_t> broken_line(std::string_view words) {
  constexpr std::string_view kLine = "line ";
  if (!words.starts_with(kLine)) return std::nullopt;
  words.remove_prefix(kLine.size());
  return parse_u64(words.substr(0, words.find_first_not_of("0123456789")));
}

/// An engine that did not understand a rule takes up those behind it, and may use none of them.
void note_rules_behind(const RuleFile& file, const std::vector<const YaraRule*>& behind,
                       std::uint64_t line, Notes& notes) {
  constexpr std::size_t kNamed = 20;
  if (behind.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < std::min(behind.size(), kNamed); ++i) {
    names += (i > 0 ? ", " : "") + behind[i]->name;
  }
  if (behind.size() > kNamed) names += " and " + std::to_string(behind.size() - kNamed) + " more";
  notes.push_back(file.name + ": rules behind line " + std::to_string(line) +
                  ", which the engine did not understand, may not be in force either: " + names +
                  "; put that rule right, or into a file of its own");
}

void note_yara(const RuleFile& file, const LoadWords& words,
               std::map<std::string, std::size_t>& taken_up, Notes& notes) {
  const std::map<std::string, std::string> skipped = skipped_rules(words);
  const std::vector<YaraRule> rules = yara_rules(file.text);
  const std::optional<std::uint64_t> broken = broken_line(words_about(file.name, words));
  std::vector<const YaraRule*> behind;
  for (const YaraRule& rule : rules) {
    const std::string who =
        file.name + ": rule " + rule.name + " (line " + std::to_string(rule.line) + ") ";
    const auto found = taken_up.find(std::string(kYara) + rule.name);
    if (found == taken_up.end() || found->second == 0) {
      const std::string why = words_about(file.name, words);
      notes.push_back(who + "is not in force" + (why.empty() ? "" : "; the engine says: " + why));
      continue;
    }
    --found->second;
    if (const auto why = skipped.find(rule.name); why != skipped.end()) {
      notes.push_back(who + "is not in force: " + why->second);
      continue;
    }
    if (broken && rule.line >= *broken) behind.push_back(&rule);
    if (rule.has_capitals_under_i) {
      notes.push_back(who +
                      "is in force in part: capital letters of a regular expression with /i may "
                      "match nothing; write them in lower case");
    }
    if (rule.is_global) {
      notes.push_back(who + "is in force in part: other rules do not depend on a global one");
    }
    for (const std::string_view modifier : {"nocase", "fullword"}) {
      const auto& all = rule.regex_modifiers;
      if (std::find(all.begin(), all.end(), modifier) == all.end()) continue;
      notes.push_back(who + "is in force in part: `" + std::string(modifier) +
                      "` behind a regular expression is ignored; write " +
                      (modifier == "nocase" ? "/.../i, in lower case" : "\\b around it"));
    }
  }
  if (broken) note_rules_behind(file, behind, *broken, notes);
}

std::vector<std::string_view> split(std::string_view line, char by) {
  std::vector<std::string_view> fields;
  for (std::size_t from = 0; from <= line.size();) {
    const std::size_t to = std::min(line.find(by, from), line.size());
    fields.push_back(line.substr(from, to - from));
    from = to + 1;
  }
  return fields;
}

struct Levels {
  std::string_view name;
  std::optional<std::uint64_t> least;
  std::optional<std::uint64_t> most;
};

Levels levels_of_logical(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ';');
  Levels levels{.name = fields[0], .least = {}, .most = {}};
  if (fields.size() < 2) return levels;
  constexpr std::string_view kEngine = "Engine:";
  for (const std::string_view attribute : split(fields[1], ',')) {
    if (!attribute.starts_with(kEngine)) continue;
    const std::vector<std::string_view> range = split(attribute.substr(kEngine.size()), '-');
    levels.least = parse_u64(range[0]);
    if (range.size() > 1) levels.most = parse_u64(range[1]);
  }
  return levels;
}

/// `NAME:...` or `...:NAME`, then the two levels from `first` on.
Levels levels_of_fields(std::string_view line, std::size_t name, std::size_t first) {
  const std::vector<std::string_view> fields = split(line, ':');
  Levels levels{.name = fields[std::min(name, fields.size() - 1)], .least = {}, .most = {}};
  if (fields.size() > first) levels.least = parse_u64(fields[first]);
  if (fields.size() > first + 1) levels.most = parse_u64(fields[first + 1]);
  return levels;
}

void note_levels(const RuleFile& file, std::uint32_t level, Notes& notes) {
  const bool logical = has_extension(file.name, {".ldb"});
  const bool body = has_extension(file.name, {".ndb"});
  const bool hash = has_extension(file.name, {".hdb", ".hsb", ".mdb", ".msb"});
  if (!logical && !body && !hash) return;
  for (std::string_view line : split(file.text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const Levels levels = logical ? levels_of_logical(line)
                          : body  ? levels_of_fields(line, 0, 4)
                                  : levels_of_fields(line, 2, 3);
    const bool too_old = levels.least && *levels.least > level;
    const bool too_new = levels.most && *levels.most < level;
    if (!too_old && !too_new) continue;
    notes.push_back(file.name + ": " + std::string(levels.name) +
                    " is not in force: it is for engines of level " +
                    (too_old ? std::to_string(*levels.least) + " and newer"
                             : std::to_string(*levels.most) + " and older") +
                    ", and this one has " + std::to_string(level));
  }
}

}  // namespace

std::vector<std::string> rule_notes(const std::vector<RuleFile>& files, const LoadWords& words,
                                    std::uint32_t level) {
  Notes notes;
  std::map<std::string, std::size_t> taken_up = words.yara_names;
  for (const RuleFile& file : files) {
    if (has_extension(file.name, {".yar", ".yara"})) note_yara(file, words, taken_up, notes);
    note_levels(file, level, notes);
    if (has_extension(file.name, {".hdu", ".hsu", ".mdu", ".msu", ".ndu", ".ldu", ".cud"})) {
      notes.push_back(file.name +
                      ": not in force: signatures of unwanted programs are not loaded; rename the "
                      "file (.hdu to .hdb and so on) if you want them");
    }
  }
  return notes;
}

}  // namespace cordon
