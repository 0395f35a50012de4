#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "core/object_ref.h"

namespace cordon {

/// One line of the allow list: this content may be infected with this signature.
struct AllowEntry {
  std::string sha256;     ///< Of the whole content: 64 hex digits in lower case.
  std::string signature;  ///< The exact name.
  std::optional<BucketName> bucket = std::nullopt;   ///< None: in every bucket.
  std::string prefix = {};                           ///< Of the key; only together with a bucket.
  std::optional<SystemTime> expires = std::nullopt;  ///< From then on it counts no more.

  bool operator==(const AllowEntry&) const = default;
};

}  // namespace cordon
