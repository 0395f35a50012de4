#pragma once

#include "apps/cordon/cli.h"
#include "apps/cordon/cloud.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "settings/settings.h"

namespace cordon {

/// What the settings document says, for commands that only ask. Who runs them may have no right to
/// it: then what is usual, and a line on standard error says so.
/// Errors: those of SettingsDesk::current but denied.
Result<Settings> known_settings(Cloud& cloud, const Process& process);

/// Where objects of `bucket` go when they are quarantined; with an empty name, those of a bucket
/// that the settings say nothing about.
BucketName quarantine_of(const Cloud& cloud, const Settings& settings, const BucketName& bucket);

}  // namespace cordon
