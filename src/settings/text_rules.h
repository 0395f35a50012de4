#pragma once

#include "core/tags.h"
#include "settings/codec.h"

// What the texts of a settings document may be. Each pattern says in JSON Schema what the function
// beside it says in code; the examples in testdata/ are judged by both. Internal to settings.

namespace cordon {

const TextRule& bucket_rule();
const TextRule& region_rule();
const TextRule& tag_key_rule();
const TextRule& glob_rule();
const TextRule& key_prefix_rule();
const TextRule& destination_rule();
const TextRule& sha256_rule();
const TextRule& signature_rule();
const TextRule& time_rule();
const TextRule& interval_rule();
const TextRule& age_rule();

}  // namespace cordon
