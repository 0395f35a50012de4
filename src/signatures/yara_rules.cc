#include "signatures/yara_rules.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kRulesMax = 100'000;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Capital letters in a pattern: as such or by their numbers; not what only names a class (\S).
bool has_capitals(std::string_view pattern) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '\\') {
      if (is_capital(pattern[at])) return true;
      continue;
    }
    const std::string_view escaped = pattern.substr(at + 1, 3);
    ++at;
    if (!escaped.starts_with('x') || escaped.size() < 3) continue;
    const auto bytes = unhex(escaped.substr(1));
    if (bytes && is_capital(static_cast<char>(bytes->front()))) return true;
    at += 2;
  }
  return false;
}

/// Walks through a file and tells the words that are no content of something else.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<YaraRule> rules() {
    while (at_ < text_.size() && rules_.size() < kRulesMax) step();
    return std::move(rules_);
  }

 private:
  void step() {
    const char c = text_[at_];
    const std::string_view rest = text_.substr(at_);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return skip(1);
    if (rest.starts_with("//")) return skip(std::min(rest.find('\n'), rest.size()));
    if (rest.starts_with("/*")) return skip_through("*/", 2);
    if (c == '"') return skip_quoted('"');
    if (c == '/' && (is_assigned_ || last_ == "matches")) return regex();
    if (c == '{' && is_assigned_) return skip_through("}", 1);
    if (is_word(c)) return word();
    is_assigned_ = c == '=' && !rest.starts_with("==") && !is_second_equals();
    if (c == '$' || c == ':') behind_regex_ = false;
    last_.clear();
    skip(1);
  }

  bool is_second_equals() const { return at_ > 0 && text_[at_ - 1] == '='; }

  /// Goes on, and counts the lines that it leaves behind.
  void skip(std::size_t count) {
    const std::string_view gone = text_.substr(at_, count);
    line_ += static_cast<std::size_t>(std::count(gone.begin(), gone.end(), '\n'));
    at_ += gone.size();
  }
  void skip_through(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, at_ + from);
    skip(found == std::string_view::npos ? text_.size() - at_ : found + end.size() - at_);
    is_assigned_ = false;
  }
  void skip_quoted(char end) {
    std::size_t to = at_ + 1;
    while (to < text_.size() && text_[to] != end && text_[to] != '\n') {
      to += text_[to] == '\\' ? 2 : 1;
    }
    skip(std::min(to + 1, text_.size()) - at_);
    is_assigned_ = false;
  }

  void regex() {
    const bool in_strings = is_assigned_;
    const std::size_t begin = at_;
    skip_quoted('/');
    const std::string_view pattern = text_.substr(begin, at_ - begin);
    bool ignores_case = false;
    for (; at_ < text_.size() && (text_[at_] == 'i' || text_[at_] == 's'); skip(1)) {
      ignores_case = ignores_case || text_[at_] == 'i';
    }
    if (ignores_case && !rules_.empty() && has_capitals(pattern)) {
      rules_.back().has_capitals_under_i = true;
    }
    behind_regex_ = in_strings;
  }

  void word() {
    std::size_t to = at_;
    while (to < text_.size() && is_word(text_[to])) ++to;
    const std::string found(text_.substr(at_, to - at_));
    if (last_ == "rule") {
      rules_.push_back({.name = found, .line = line_, .is_global = std::exchange(global_, false)});
    } else if (found == "global") {
      global_ = true;
    } else if (found == "strings" || found == "condition") {
      behind_regex_ = false;
    } else if (behind_regex_ && !rules_.empty()) {
      rules_.back().regex_modifiers.push_back(found);
    }
    last_ = last_ == "rule" ? "" : found;
    is_assigned_ = false;
    skip(to - at_);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::string last_;          ///< The word before, when nothing else stands between.
  bool is_assigned_ = false;  ///< What comes next stands behind "=".
  bool behind_regex_ = false;
  bool global_ = false;
  std::vector<YaraRule> rules_;
};

}  // namespace

std::vector<YaraRule> yara_rules(std::string_view text) { return Reader(text).rules(); }

}  // namespace cordon
