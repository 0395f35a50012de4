#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/brake.h"
#include "base/result.h"
#include "core/object_ref.h"

// The brake's documents in the system bucket (docs/formats/brake.md). Foreign: whoever can write
// there may have written anything.

namespace cordon {

/// An object that was not taken away because the brake was pulled: `held/{id}.json`.
struct HeldObject {
  ObjectRef object;  ///< As pinned as it could be.
  std::optional<ETag> etag = std::nullopt;
  std::optional<std::uint64_t> size = std::nullopt;
  std::vector<std::string> names = {};  ///< The first 20.
  std::string set = {};                 ///< The signatures that found them.
  std::string result_id = {};
  SystemTime held_at = {};

  bool operator==(const HeldObject&) const = default;
};

/// The same for the same state of the same object, so that a second delivery makes no second one.
std::string held_id(const HeldObject& held);

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
