#include "settings/settings_document.h"

#include "base/text.h"
#include "settings/settings_codec.h"

namespace cordon {
namespace {

namespace json = boost::json;

void indent(std::string& out, std::size_t depth) { out.append(2 * depth, ' '); }

bool is_flat(const json::value& value) {
  if (const json::array* list = value.if_array()) {
    return std::all_of(list->begin(), list->end(), [](const json::value& item) {
      return !item.is_array() && (!item.is_object() || item.get_object().size() <= 1);
    });
  }
  return !value.is_object() || value.get_object().empty();
}

// One member a line; a list of words or route steps stays on one.
void print(std::string& out, const json::value& value, std::size_t depth) {
  if (is_flat(value)) {
    out += json::serialize(value);
    return;
  }
  const char* separator = "\n";
  if (const json::array* list = value.if_array()) {
    out += '[';
    for (const json::value& item : *list) {
      out += std::exchange(separator, ",\n");
      indent(out, depth + 1);
      print(out, item, depth + 1);
    }
    out += '\n';
    indent(out, depth);
    out += ']';
    return;
  }
  out += '{';
  for (const auto& member : value.get_object()) {
    out += std::exchange(separator, ",\n");
    indent(out, depth + 1);
    out += json::serialize(json::string(member.key())) + ": ";
    print(out, member.value(), depth + 1);
  }
  out += '\n';
  indent(out, depth);
  out += '}';
}

std::string printed(const json::value& value) {
  std::string out;
  print(out, value, 0);
  out += '\n';
  return out;
}

SettingsReading refused(SettingsProblems problems) {
  return {.problems = std::move(problems).take()};
}

}  // namespace

SettingsFormat format_of(std::string_view file_name, std::string_view text) {
  const std::string name = lower(file_name);
  if (name.ends_with(".toml")) return SettingsFormat::toml;
  if (name.ends_with(".json")) return SettingsFormat::json;
  return trim(text).starts_with('{') ? SettingsFormat::json : SettingsFormat::toml;
}

SettingsReading read_settings(std::string_view text, SettingsFormat format) {
  SettingsProblems problems;
  if (text.size() > kSettingsBytesMax) {
    problems.add({.what = "a settings document has at most 1 MiB"});
    return refused(std::move(problems));
  }
  const SettingsNode root = format == SettingsFormat::json ? parse_json_document(text, problems)
                                                           : parse_toml_document(text, problems);
  if (!problems.empty()) return refused(std::move(problems));
  Settings settings;
  settings_codec().read(root, Where{problems}, settings);
  if (!problems.empty()) return refused(std::move(problems));
  return {.settings = std::move(settings)};
}

std::string to_document(const Settings& settings) {
  return printed(settings_codec().write(settings));
}

std::string to_json_line(const Settings& settings) {
  return json::serialize(settings_codec().write(settings));
}

std::string settings_schema() {
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "Cordon settings"}};
  for (auto& member : settings_codec().schema()) schema[member.key()] = std::move(member.value());
  return printed(schema);
}

}  // namespace cordon
