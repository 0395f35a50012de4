#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "core/object_ref.h"

namespace cordon {

/// One content that its owner wants although a signature finds it, as the settings state it
/// (`[[allow]]`).
///
/// Invariant: `sha256` is 64 lower-case hex digits; `signature` is not empty; `prefix` is empty
/// unless `bucket` is set.
struct AllowEntry {
  std::string sha256;     ///< Of the whole content.
  std::string signature;  ///< Exactly as the engine names it; another one is not allowed by this.
  std::optional<BucketName> bucket = std::nullopt;   ///< None: in every bucket.
  std::string prefix = {};                           ///< Of the key; empty: the whole bucket.
  std::optional<SystemTime> expires = std::nullopt;  ///< Not allowed any more from then on.

  bool operator==(const AllowEntry&) const = default;
};

}  // namespace cordon
