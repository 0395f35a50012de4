#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// One thing that was looked at or changed, for people and for `--json`.
struct ProvisionStep {
  enum class State : std::uint8_t { present, created, changed, removed, missing, kept };

  std::string what;  ///< "topic", "queue", "dead letters", "notification", ...
  std::string name;  ///< ARN or name
  State state = State::present;
  std::string note = {};  ///< What it means, or what to do.

  bool operator==(const ProvisionStep&) const = default;
};

std::string_view name_of(ProvisionStep::State state);

/// What a command found or did for one bucket.
struct ProvisionReport {
  BucketName bucket;
  Region region;
  bool is_protected = false;  ///< After the command: every part is in place.
  std::vector<ProvisionStep> steps;
  /// Why something of ours is still there that was to go; the steps say what.
  std::optional<Error> left = std::nullopt;

  void add(std::string what, std::string name, ProvisionStep::State state, std::string note = {}) {
    steps.push_back({std::move(what), std::move(name), state, std::move(note)});
  }
};

}  // namespace cordon
