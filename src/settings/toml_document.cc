// The one file that includes toml++; without its exceptions.

#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>

#include "settings/document.h"

namespace cordon {
namespace {

template <typename T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

class TreeMaker {
 public:
  explicit TreeMaker(SettingsProblems& problems) : problems_(problems) {}

  SettingsNode make(const toml::node& from, std::size_t depth) {
    const int line = static_cast<int>(from.source().begin.line);
    if (depth > kSettingsDepthMax) {
      problems_.add({.line = line, .what = "tables and lists lie too deep in each other"});
      return {.line = line, .text = "too deep"};
    }
    if (const toml::table* table = from.as_table()) return make_table(*table, line, depth);
    if (const toml::array* list = from.as_array()) return make_list(*list, line, depth);
    if (const auto* text = from.as_string()) {
      return {.kind = SettingsNode::Kind::text, .line = line, .text = text->get()};
    }
    if (const auto* integer = from.as_integer()) {
      return {.kind = SettingsNode::Kind::integer, .line = line, .integer = integer->get()};
    }
    if (const auto* boolean = from.as_boolean()) {
      return {.kind = SettingsNode::Kind::boolean, .line = line, .boolean = boolean->get()};
    }
    // JSON has no times, so a time is the text that it is written as.
    if (const auto* time = from.as_date_time()) {
      return {.kind = SettingsNode::Kind::text, .line = line, .text = printed(time->get())};
    }
    if (const auto* date = from.as_date()) {
      return {.kind = SettingsNode::Kind::text, .line = line, .text = printed(date->get())};
    }
    if (from.is_time()) return {.line = line, .text = "a time of day"};
    return {.line = line, .text = "a number with a fraction"};
  }

 private:
  SettingsNode make_table(const toml::table& from, int line, std::size_t depth) {
    SettingsNode made{.kind = SettingsNode::Kind::table, .line = line};
    if (is_too_long(from.size(), line)) return made;
    for (const auto& [key, value] : from) {
      SettingsNode node = make(value, depth + 1);
      // A table's own line is that of its opening; the key's is where the reader looks.
      if (key.source().begin.line > 0) node.line = static_cast<int>(key.source().begin.line);
      made.members.emplace_back(std::string(key.str()), std::move(node));
    }
    return made;
  }

  SettingsNode make_list(const toml::array& from, int line, std::size_t depth) {
    SettingsNode made{.kind = SettingsNode::Kind::list, .line = line};
    if (is_too_long(from.size(), line)) return made;
    for (const toml::node& item : from) made.items.push_back(make(item, depth + 1));
    return made;
  }

  bool is_too_long(std::size_t count, int line) {
    if (count <= kSettingsItemsMax) return false;
    problems_.add({.line = line, .what = "more than 10,000 entries"});
    return true;
  }

  SettingsProblems& problems_;
};

}  // namespace

SettingsNode parse_toml_document(std::string_view text, SettingsProblems& problems) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    problems.add(
        {.line = static_cast<int>(error.source().begin.line),
         .what = "this is not TOML that can be read: " + std::string(error.description())});
    return {};
  }
  return TreeMaker(problems).make(parsed.table(), 0);
}

}  // namespace cordon
