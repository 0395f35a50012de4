#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "core/object_ref.h"

namespace cordon {

/// Whether a find may take its object away.
enum class BrakeRuling : std::uint8_t {
  go_on,
  hold,  ///< Only new names, and the brake is pulled.
  wait,  ///< It was rejected, and the engine here still finds it.
};

/// An object that was not taken away because the brake was pulled (docs/formats/brake.md).
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

}  // namespace cordon
