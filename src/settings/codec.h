#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/document.h"

// How a value stands in a settings document, said once: a codec reads it, writes it and describes
// it in JSON Schema. The document's own codecs (settings_codec.cc) are put together from these, so
// parser, writer and schema cannot say different things. Internal to settings.

namespace cordon {

/// Where in the document we are, and where problems go.
struct Where {
  SettingsProblems& problems;
  std::string path = {};

  Where member(std::string_view name) const;
  Where item(std::size_t index) const;
  /// Always false, so that a reader can end with it.
  bool refuse(const SettingsNode& node, std::string what, std::string nearest = {}) const;
};

/// "a text", "a table", "a number with a fraction": what stands there.
std::string description_of(const SettingsNode& node);

/// How a `T` stands in a document. What `write` writes, `read` reads; the schema accepts what
/// `read` does, as far as JSON Schema can say it.
template <typename T>
struct Codec {
  /// False when the value was refused; `where` then has the problem.
  std::function<bool(const SettingsNode&, const Where&, T&)> read;
  std::function<boost::json::value(const T&)> write;
  std::function<boost::json::object()> schema;
};

/// One member of a table, bound to where its value lives.
struct Field {
  std::string name;
  std::string about;
  std::function<bool(const SettingsNode&, const Where&)> read;
  std::function<std::optional<boost::json::value>()> write;  ///< Nothing: not stated.
  std::function<boost::json::object()> schema;
  bool is_required = false;
};
using Fields = std::vector<Field>;

/// Reads every member that is there; unknown and missing ones are problems.
bool read_fields(const SettingsNode& node, const Where& where, const Fields& fields);
boost::json::object write_fields(const Fields& fields);
boost::json::object schema_of_fields(const Fields& fields);

/// A table within a table that is no value of its own. Left out when it states nothing.
Field group(std::string name, std::string about, Fields fields);
/// The same member, whose absence is a problem.
Field required(Field field);

/// A member that has a value when it is left out: the one in `target`, which the schema tells.
/// `codec` and `target` outlive the field.
template <typename T>
Field field(std::string name, std::string about, const Codec<T>& codec, T& target) {
  return {.name = std::move(name),
          .about = std::move(about),
          .read = [&codec, &target](const auto& node,
                                    const Where& where) { return codec.read(node, where, target); },
          .write = [&codec, &target]() -> std::optional<boost::json::value> {
            return codec.write(target);
          },
          .schema =
              [&codec, &target] {
                boost::json::object schema = codec.schema();
                boost::json::value usual = codec.write(target);
                if (!usual.is_object()) schema["default"] = std::move(usual);
                return schema;
              }};
}

/// One that may be left unsaid.
template <typename T>
Field field(std::string name, std::string about, const Codec<T>& codec, std::optional<T>& target) {
  return {.name = std::move(name),
          .about = std::move(about),
          .read =
              [&codec, &target](const auto& node, const Where& where) {
                T value{};
                if (!codec.read(node, where, value)) return false;
                target = std::move(value);
                return true;
              },
          .write = [&codec, &target]() -> std::optional<boost::json::value> {
            if (!target) return std::nullopt;
            return codec.write(*target);
          },
          .schema = [&codec] { return codec.schema(); }};
}

/// A table with fixed members, which `fields_of` binds to a value.
template <typename T>
Codec<T> table_codec(Fields (*fields_of)(T&)) {
  return {.read = [fields_of](const SettingsNode& node, const Where& where,
                              T& value) { return read_fields(node, where, fields_of(value)); },
          .write = [fields_of](const T& value) -> boost::json::value {
            T copy = value;
            return write_fields(fields_of(copy));
          },
          .schema =
              [fields_of] {
                T usual{};
                return schema_of_fields(fields_of(usual));
              }};
}

/// The same with a check of the whole value, which says what is wrong or nothing.
template <typename T>
Codec<T> checked(Codec<T> codec, std::string (*problem_of)(const T&)) {
  auto read = std::move(codec.read);
  codec.read = [read = std::move(read), problem_of](const SettingsNode& node, const Where& where,
                                                    T& value) {
    if (!read(node, where, value)) return false;
    std::string problem = problem_of(value);
    return problem.empty() || where.refuse(node, std::move(problem));
  };
  return codec;
}

Codec<bool> boolean_codec();
/// Whole numbers, both bounds included.
Codec<std::uint64_t> number_codec(std::uint64_t least, std::uint64_t most);

/// Texts that `accepts`, which are the texts that match `pattern` (ECMA-262) and are no longer than
/// `chars_max`.
struct TextRule {
  std::string what;  ///< "a bucket's name: 3 to 255 letters, digits, ..."
  std::string pattern;
  std::size_t chars_max;
  bool (*accepts)(std::string_view text);
};
Codec<std::string> plain_text_codec(TextRule rule);

/// Such texts, as a StrongId.
template <typename T>
Codec<T> id_codec(const TextRule& rule) {
  const Codec<std::string> text = plain_text_codec(rule);
  return {.read =
              [text](const SettingsNode& node, const Where& where, T& value) {
                std::string read;
                if (!text.read(node, where, read)) return false;
                value = T(std::move(read));
                return true;
              },
          .write = [text](const T& value) { return text.write(value.str()); },
          .schema = text.schema};
}

/// Reads one of `names` into its index; the rest of choice_codec.
std::optional<std::size_t> read_choice(const SettingsNode& node, const Where& where,
                                       const std::vector<std::string>& names);
boost::json::object choice_schema(const std::vector<std::string>& names);

/// One of a few words, each with its meaning; no two mean the same.
template <typename T>
Codec<T> choice_codec(std::vector<std::pair<std::string, T>> choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  return {.read =
              [names, choices](const SettingsNode& node, const Where& where, T& value) {
                const std::optional<std::size_t> index = read_choice(node, where, names);
                if (index) value = choices[*index].second;
                return index.has_value();
              },
          .write = [choices](const T& value) -> boost::json::value {
            for (const auto& [name, meaning] : choices) {
              if (meaning == value) return boost::json::string(name);
            }
            return nullptr;
          },
          .schema = [names] { return choice_schema(names); }};
}

/// How many items a list has, both bounds included, and whether they must differ.
struct ListRule {
  std::size_t least = 0;
  std::size_t most = kSettingsItemsMax;
  bool unique = false;
};
/// The part of reading a list that does not depend on what is in it.
bool is_list(const SettingsNode& node, const Where& where, const ListRule& rule);
boost::json::object list_schema(boost::json::object items, const ListRule& rule);

/// A list that is taken as a whole or not at all.
template <typename T>
Codec<std::vector<T>> list_codec(Codec<T> item, ListRule rule) {
  return {.read =
              [item, rule](const SettingsNode& node, const Where& where, std::vector<T>& value) {
                if (!is_list(node, where, rule)) return false;
                std::vector<T> read(node.items.size());
                bool good = true;
                for (std::size_t i = 0; i < read.size(); ++i) {
                  const Where here = where.item(i);
                  if (!item.read(node.items[i], here, read[i])) {
                    good = false;
                  } else if (rule.unique &&
                             std::find(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(i),
                                       read[i]) != read.begin() + static_cast<std::ptrdiff_t>(i)) {
                    good = here.refuse(node.items[i], "stands in this list already");
                  }
                }
                if (good) value = std::move(read);
                return good;
              },
          .write = [item](const std::vector<T>& value) -> boost::json::value {
            boost::json::array list;
            for (const T& one : value) list.push_back(item.write(one));
            return list;
          },
          .schema = [item, rule] { return list_schema(item.schema(), rule); }};
}

/// A table whose names are data, of the kind that `rule` says.
boost::json::object map_schema(boost::json::object values, const TextRule& rule);

template <typename K, typename T>
Codec<std::map<K, T>> map_codec(TextRule rule, Codec<T> item) {
  return {.read =
              [rule, item](const SettingsNode& node, const Where& where, std::map<K, T>& value) {
                if (node.kind != SettingsNode::Kind::table) {
                  return where.refuse(node, "a table is expected, not " + description_of(node));
                }
                bool good = true;
                for (const auto& [name, member] : node.members) {
                  const Where here = where.member(name);
                  if (name.size() > rule.chars_max || !rule.accepts(name)) {
                    good = here.refuse(member, "this is not " + rule.what);
                  } else {
                    good = item.read(member, here, value[K(name)]) && good;
                  }
                }
                return good;
              },
          .write = [item](const std::map<K, T>& value) -> boost::json::value {
            boost::json::object table;
            for (const auto& [name, member] : value) table[name.str()] = item.write(member);
            return table;
          },
          .schema = [rule, item] { return map_schema(item.schema(), rule); }};
}

}  // namespace cordon
