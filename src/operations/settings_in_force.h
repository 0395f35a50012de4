#pragma once

#include <optional>
#include <stop_token>

#include "operations/deployment_access.h"
#include "settings/settings.h"

namespace cordon {

/// What the settings document says, as far as whoever asks may see it.
struct KnownSettings {
  Settings settings;
  /// Why it may not be read: `settings` are the usual ones then.
  std::optional<Error> unseen = std::nullopt;
};

/// The settings in force; from now on every request about objects says whose the bucket has to be
/// by them. Errors: those of the store but `denied`; invalid for a document that agents refuse.
Result<KnownSettings> settings_in_force(DeploymentAccess& access, Deadline deadline,
                                        std::stop_token stop);

}  // namespace cordon
