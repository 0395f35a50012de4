#pragma once

#include "settings/codec.h"
#include "settings/settings.h"

namespace cordon {

/// How a whole settings document stands in TOML and JSON. Internal to settings.
const Codec<Settings>& settings_codec();

}  // namespace cordon
