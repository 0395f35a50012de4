#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "brake/brake.h"
#include "core/held_object.h"

// The brake's documents in the system bucket (docs/formats/brake.md). Foreign: whoever can write
// there may have written anything.

namespace cordon {

std::string to_json(const BrakePull& pull);
std::string to_json(const BrakeState& state);
std::string to_json(const BrakeHistory& history);
std::string to_json(const HeldObject& held);

// Pure. Errors: invalid, with what is wrong.
Result<BrakePull> parse_brake_pull(std::string_view text);
Result<BrakeState> parse_brake_state(std::string_view text);
Result<BrakeHistory> parse_brake_history(std::string_view text);
Result<HeldObject> parse_held_object(std::string_view text);

}  // namespace cordon
