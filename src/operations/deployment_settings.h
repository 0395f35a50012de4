#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "settings/settings_document.h"

// The deployment's settings document as people work with it: check one, look at what is in force,
// put another in force.

namespace cordon {

/// What came of reading a settings document.
struct SettingsCheck {
  std::string name;  ///< By which people know it: a file, or where it is stored.
  SettingsReading reading = {};

  bool is_valid() const { return reading.settings.has_value(); }
};

/// Reads a document, TOML or JSON, without asking anybody. Pure.
SettingsCheck check_settings(std::string name, std::string_view text);

/// The document that is in force.
struct StoredSettings {
  StoredDocument stored;
  /// Not valid: agents refuse it and keep the last good one.
  SettingsCheck check;
};

/// Errors: those of SettingsWriter::get; not_found says how to begin.
Result<StoredSettings> stored_settings(DeploymentAccess& access, const Runtime& runtime);

/// Which settings are to be in force.
struct SettingsOrder {
  Settings settings = {};
  /// Only over the document with this ETag; none: over whatever is there now.
  std::optional<ETag> expected = std::nullopt;
  bool only_first = false;  ///< Only where there is no document yet; `expected` has no say then.
};

/// What became of an order to apply settings.
struct SettingsOutcome {
  std::string where;
  AppliedSettings applied;
  /// They are in force; what follows from the members in them could not be done.
  std::optional<Error> unfinished = std::nullopt;
};

/// Makes what the settings need, puts them in force, and does what follows from other accounts in
/// them. Errors: those of SettingsWriter::apply; changed says what to do.
Result<SettingsOutcome> apply_settings(DeploymentAccess& access, const Runtime& runtime,
                                       SettingsOrder order);

/// With the problems where there are any.
boost::json::object document_of(const SettingsCheck& check);
/// With the settings; that of the check where they are refused.
boost::json::object document_of(const StoredSettings& stored);
boost::json::object document_of(const SettingsOutcome& outcome);
/// That somebody else's document is at `where`.
boost::json::object conflict_document(const std::string& where, const Error& error);

}  // namespace cordon
