#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

namespace cordon {

/// One line of a text whose lines end with CRLF, LF or a bare CR.
struct TextLine {
  std::size_t begin = 0;
  std::size_t end = 0;   ///< Of its characters.
  std::size_t next = 0;  ///< Behind what ends the line.
  bool bare_cr = false;  ///< What ends it.

  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

/// Goes through a text line by line. `lf_only`: a bare CR is a character like others.
class TextLines {
 public:
  TextLines(std::string_view text, std::size_t from, bool lf_only)
      : text_(text), at_(from), lf_only_(lf_only) {}

  /// Nothing at the end of the text. Cost: each character is looked at twice at most.
  std::optional<TextLine> next() {
    if (at_ >= text_.size()) return std::nullopt;
    TextLine line{.begin = at_};
    const std::size_t lf = next_place(lf_, '\n');
    const std::size_t cr = next_place(cr_, '\r');
    if (!lf_only_ && cr + 1 < lf) {
      line.end = cr;
      line.next = cr + 1;
      line.bare_cr = true;
    } else {
      line.end = lf > line.begin && lf <= text_.size() && text_[lf - 1] == '\r' ? lf - 1 : lf;
      line.next = std::min(lf + 1, text_.size());
    }
    at_ = line.next;
    return line;
  }

 private:
  /// The first `c` at or behind the current place; the one found before is kept while it is ahead.
  std::size_t next_place(std::size_t& known, char c) const {
    if (known == kUnknown || known < at_) known = std::min(text_.find(c, at_), text_.size());
    return known;
  }

  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);

  std::string_view text_;
  std::size_t at_;
  bool lf_only_;
  std::size_t lf_ = kUnknown;
  std::size_t cr_ = kUnknown;
};

}  // namespace cordon
