#pragma once

#include "apps/cordon/cli.h"
#include "operations/deployment_access.h"
#include "settings/settings.h"

namespace cordon {

/// The settings in force (operations/settings_in_force.h). Where they may not be read, what is
/// usual, and a word about it on standard error. Errors: as settings_in_force.
Result<Settings> known_settings(DeploymentAccess& access, const Process& process);

/// The same word, for use cases that read the settings themselves.
void tell_unseen_settings(const Error& why);

}  // namespace cordon
