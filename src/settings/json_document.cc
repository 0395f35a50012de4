// JSON with line numbers.
//
// Boost.JSON tells no positions. But its parser takes a document piece by piece, and no token that
// we report on contains a line break: JSON forbids them in texts. So the document is handed over
// line by line, and whatever the parser says while it has a line belongs to that line. A number at
// the end of a line ends with the line break, which is handed over with it.

#include <set>

#include <boost/json/basic_parser_impl.hpp>

#include "settings/document.h"

namespace cordon {
namespace {

namespace json = boost::json;

// Builds the tree from what the parser reports; `line` is set from outside.
class TreeBuilder {
 public:
  // Limits that the parser reads.
  static constexpr std::size_t max_object_size = kSettingsItemsMax;
  static constexpr std::size_t max_array_size = kSettingsItemsMax;
  static constexpr std::size_t max_key_size = kSettingsBytesMax;
  static constexpr std::size_t max_string_size = kSettingsBytesMax;

  int line = 1;
  SettingsNode root;
  std::string refusal;  ///< Of ours; empty when the parser itself refused.

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code&) { return open(SettingsNode::Kind::table); }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_begin(json::error_code&) { return open(SettingsNode::Kind::list); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& failed) {
    text_.append(part.data(), part.size());
    std::string key = std::exchange(text_, {});
    if (!open_.back().names.insert(key).second) {
      refusal = "\"" + key + "\" stands twice in one table";
      failed = json::error::syntax;
      return false;
    }
    open_.back().key = std::move(key);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return put({.kind = SettingsNode::Kind::text, .line = line, .text = std::exchange(text_, {})});
  }

  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    return put({.kind = SettingsNode::Kind::integer, .line = line, .integer = value});
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) {
    return put({.line = line, .text = "a number that is too large"});
  }
  bool on_double(double, json::string_view, json::error_code&) {
    return put({.line = line, .text = "a number with a fraction"});
  }
  bool on_bool(bool value, json::error_code&) {
    return put({.kind = SettingsNode::Kind::boolean, .line = line, .boolean = value});
  }
  bool on_null(json::error_code&) { return put({.line = line, .text = "null"}); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  // A table or list whose end has not come yet. It is put into its parent when it ends, so nothing
  // points into a vector that grows.
  struct Open {
    SettingsNode node;
    std::string key = {};  ///< Of the member that comes next.
    std::set<std::string> names = {};
  };

  bool open(SettingsNode::Kind kind) {
    open_.push_back({.node = {.kind = kind, .line = line}});
    return true;
  }
  bool close() {
    SettingsNode node = std::move(open_.back().node);
    open_.pop_back();
    return put(std::move(node));
  }
  bool put(SettingsNode node) {
    if (open_.empty()) {
      root = std::move(node);
    } else if (open_.back().node.kind == SettingsNode::Kind::list) {
      open_.back().node.items.push_back(std::move(node));
    } else {
      open_.back().node.members.emplace_back(std::exchange(open_.back().key, {}), std::move(node));
    }
    return true;
  }

  std::vector<Open> open_;
  std::string text_;
};

json::error_code parse_lines(json::basic_parser<TreeBuilder>& parser, std::string_view text) {
  json::error_code failed;
  for (;;) {
    const std::size_t end = text.find('\n');
    const bool last = end == std::string_view::npos;
    const std::string_view line = last ? text : text.substr(0, end + 1);
    const std::size_t taken = parser.write_some(!last, line.data(), line.size(), failed);
    if (failed) return failed;
    if (taken < line.size()) return json::error::extra_data;
    if (last) return {};
    text.remove_prefix(end + 1);
    ++parser.handler().line;
  }
}

}  // namespace

SettingsNode parse_json_document(std::string_view text, SettingsProblems& problems) {
  json::parse_options options;
  options.max_depth = kSettingsDepthMax;
  json::basic_parser<TreeBuilder> parser(options);
  const json::error_code failed = parse_lines(parser, text);
  TreeBuilder& builder = parser.handler();
  if (failed) {
    const std::string why = builder.refusal.empty() ? failed.message() : builder.refusal;
    problems.add({.line = builder.line, .what = "this is not JSON that can be read: " + why});
  } else if (builder.root.kind != SettingsNode::Kind::table) {
    problems.add({.line = 1, .what = "a settings document is a JSON object"});
  }
  return std::move(builder.root);
}

}  // namespace cordon
