#include "settings/codec.h"

#include <memory>

#include "core/code_points.h"
#include "settings/nearest.h"

namespace cordon {
namespace {

namespace json = boost::json;

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> names_of(const Fields& fields) {
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  return names;
}

const Field* find(const Fields& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

bool has_member(const SettingsNode& node, const std::string& name) {
  return std::any_of(node.members.begin(), node.members.end(),
                     [&](const auto& member) { return member.first == name; });
}

}  // namespace

// A name that would not be read back as one is quoted.
Where Where::member(std::string_view name) const {
  std::string text(name.substr(0, 64));
  if (text.find_first_of(".[]\" \n") != std::string::npos) text = "\"" + text + "\"";
  return {problems, path.empty() ? text : path + "." + text};
}

Where Where::item(std::size_t index) const {
  return {problems, path + "[" + std::to_string(index) + "]"};
}

bool Where::refuse(const SettingsNode& node, std::string what, std::string nearest) const {
  problems.add(
      {.line = node.line, .key = path, .what = std::move(what), .nearest = std::move(nearest)});
  return false;
}

std::string description_of(const SettingsNode& node) {
  switch (node.kind) {
    case SettingsNode::Kind::table:
      return "a table";
    case SettingsNode::Kind::list:
      return "a list";
    case SettingsNode::Kind::text:
      return "a text";
    case SettingsNode::Kind::integer:
      return "a number";
    case SettingsNode::Kind::boolean:
      return node.boolean ? "true" : "false";
    case SettingsNode::Kind::other:
      return node.text;
  }
  return "something else";
}

bool read_fields(const SettingsNode& node, const Where& where, const Fields& fields) {
  if (node.kind != SettingsNode::Kind::table) {
    return where.refuse(node, "a table is expected, not " + description_of(node));
  }
  bool good = true;
  for (const auto& [name, member] : node.members) {
    const Where here = where.member(name);
    if (const Field* field = find(fields, name)) {
      good = field->read(member, here) && good;
      continue;
    }
    std::string nearest = nearest_word(name, names_of(fields));
    good = here.refuse(member,
                       nearest.empty()
                           ? "there is no such key here; there are " + listed(names_of(fields))
                           : "there is no such key here",
                       nearest);
  }
  for (const Field& field : fields) {
    if (!field.is_required || has_member(node, field.name)) continue;
    good = where.refuse(node, "\"" + field.name + "\" is missing: " + field.about);
  }
  return good;
}

json::object write_fields(const Fields& fields) {
  json::object table;
  for (const Field& field : fields) {
    if (std::optional<json::value> value = field.write()) table[field.name] = *std::move(value);
  }
  return table;
}

json::object schema_of_fields(const Fields& fields) {
  json::object properties;
  json::array needed;
  for (const Field& field : fields) {
    json::object schema = field.schema();
    schema["description"] = field.about;
    properties[field.name] = std::move(schema);
    if (field.is_required) needed.push_back(json::string(field.name));
  }
  json::object schema{{"type", "object"}, {"additionalProperties", false}};
  if (!needed.empty()) schema["required"] = std::move(needed);
  schema["properties"] = std::move(properties);
  return schema;
}

Field group(std::string name, std::string about, Fields fields) {
  // Shared by three closures of one field; copying the fields would be as right, and slower.
  const auto members = std::make_shared<const Fields>(std::move(fields));
  return {.name = std::move(name),
          .about = std::move(about),
          .read = [members](const SettingsNode& node,
                            const Where& where) { return read_fields(node, where, *members); },
          .write = [members]() -> std::optional<json::value> {
            json::object table = write_fields(*members);
            if (table.empty()) return std::nullopt;
            return table;
          },
          .schema = [members] { return schema_of_fields(*members); }};
}

Field required(Field field) {
  field.is_required = true;
  field.schema = [schema = std::move(field.schema)] {
    json::object described = schema();
    described.erase("default");
    return described;
  };
  return field;
}

Codec<bool> boolean_codec() {
  return {.read =
              [](const SettingsNode& node, const Where& where, bool& value) {
                if (node.kind != SettingsNode::Kind::boolean) {
                  return where.refuse(node,
                                      "true or false is expected, not " + description_of(node));
                }
                value = node.boolean;
                return true;
              },
          .write = [](const bool& value) -> json::value { return value; },
          .schema =
              [] {
                return json::object{{"type", "boolean"}};
              }};
}

Codec<std::uint64_t> number_codec(std::uint64_t least, std::uint64_t most) {
  return {.read =
              [least, most](const SettingsNode& node, const Where& where, std::uint64_t& value) {
                const bool is_number = node.kind == SettingsNode::Kind::integer;
                if (is_number && node.integer >= 0) {
                  value = static_cast<std::uint64_t>(node.integer);
                  if (value >= least && value <= most) return true;
                }
                return where.refuse(node, "a whole number from " + std::to_string(least) + " to " +
                                              std::to_string(most) + " is expected" +
                                              (is_number ? "" : ", not " + description_of(node)));
              },
          .write = [](const std::uint64_t& value) -> json::value { return value; },
          .schema =
              [least, most] {
                return json::object{{"type", "integer"}, {"minimum", least}, {"maximum", most}};
              }};
}

Codec<std::string> plain_text_codec(TextRule rule) {
  return {.read =
              [rule](const SettingsNode& node, const Where& where, std::string& value) {
                if (node.kind != SettingsNode::Kind::text) {
                  return where.refuse(node,
                                      rule.what + " is expected, not " + description_of(node));
                }
                // Bytes are at least as many as characters, and S3 counts bytes.
                if (node.text.size() > rule.chars_max || !rule.accepts(node.text)) {
                  return where.refuse(node, "this is not " + rule.what);
                }
                value = node.text;
                return true;
              },
          .write = [](const std::string& value) -> json::value { return json::string(value); },
          .schema =
              [rule] {
                json::object schema{{"type", "string"}, {"maxLength", rule.chars_max}};
                if (!rule.pattern.empty()) schema["pattern"] = rule.pattern;
                return schema;
              }};
}

std::optional<std::size_t> read_choice(const SettingsNode& node, const Where& where,
                                       const std::vector<std::string>& names) {
  if (node.kind != SettingsNode::Kind::text) {
    where.refuse(node, "one of " + listed(names) + " is expected, not " + description_of(node));
    return std::nullopt;
  }
  const auto found = std::find(names.begin(), names.end(), node.text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  where.refuse(node, "one of " + listed(names) + " is expected", nearest_word(node.text, names));
  return std::nullopt;
}

json::object choice_schema(const std::vector<std::string>& names) {
  json::array all;
  for (const std::string& name : names) all.push_back(json::string(name));
  return {{"enum", std::move(all)}};
}

bool is_list(const SettingsNode& node, const Where& where, const ListRule& rule) {
  if (node.kind != SettingsNode::Kind::list) {
    return where.refuse(node, "a list is expected, not " + description_of(node));
  }
  if (node.items.size() < rule.least) return where.refuse(node, "this list must not be empty");
  if (node.items.size() > rule.most) {
    return where.refuse(node, "more than " + std::to_string(rule.most) + " entries");
  }
  return true;
}

json::object list_schema(json::object items, const ListRule& rule) {
  json::object schema{{"type", "array"}, {"maxItems", rule.most}};
  if (rule.least > 0) schema["minItems"] = rule.least;
  if (rule.unique) schema["uniqueItems"] = true;
  schema["items"] = std::move(items);
  return schema;
}

json::object map_schema(json::object values, const TextRule& rule) {
  return {{"type", "object"},
          {"propertyNames", json::object{{"pattern", rule.pattern}, {"maxLength", rule.chars_max}}},
          {"additionalProperties", std::move(values)}};
}

}  // namespace cordon
