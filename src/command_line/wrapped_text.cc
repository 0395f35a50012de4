#include "command_line/wrapped_text.h"

#include <algorithm>

namespace cordon {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t used) {
  std::string out;
  std::size_t column = used;
  bool is_first_of_line = true;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return out;
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const bool has_room = column + (is_first_of_line ? 0 : 1) + word.size() <= kTextColumns;
    if (!is_first_of_line && has_room) {
      out += ' ';
      ++column;
    } else if (!has_room && column > indent) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    out += word;
    column += word.size();
    is_first_of_line = false;
  }
}

}  // namespace cordon
