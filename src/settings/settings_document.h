#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/document.h"
#include "settings/settings.h"

namespace cordon {

/// How a document is written. Both are read; the canonical one is JSON.
enum class SettingsFormat : std::uint8_t { json, toml };

/// By the file's ending; else by the first character: JSON documents begin with a brace.
SettingsFormat format_of(std::string_view file_name, std::string_view text);

/// What came of reading a document. Invariant: `settings` is set exactly when there are no
/// problems.
struct SettingsReading {
  std::optional<Settings> settings = std::nullopt;
  std::vector<SettingsProblem> problems = {};
};

/// Reads a whole document of at most 1 MiB: all of it is right, or none of it is taken. Pure.
SettingsReading read_settings(std::string_view text, SettingsFormat format);

/// The canonical document: JSON with two spaces of indentation, members in a fixed order, what is
/// usual spelled out, a line break at its end. Equal settings give equal bytes, and reading them
/// gives the settings back. Pure.
std::string to_document(const Settings& settings);

/// The same in one line, without a line break.
std::string to_json_line(const Settings& settings);

/// JSON Schema (2020-12) of the document. It accepts what `read_settings` accepts, except for what
/// JSON Schema cannot say: docs/formats/settings.md lists it. Pure.
std::string settings_schema();

}  // namespace cordon
