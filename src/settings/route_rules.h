#pragma once

#include <optional>
#include <string>

#include "core/policy.h"

namespace cordon {

/// Why one of the destinations cannot be used: it lies in a quarantine, or among Cordon's own
/// objects (`.cordon/`). None: all can. Pure.
std::optional<std::string> problem_of_destinations(const PolicySet& policies);

/// Whether the routes of all policies together would bring some object on and on, and by which
/// places. None: every object stays somewhere after at most kHopsMax hops. Each region is looked at
/// as if all buckets were in it. Pure.
std::optional<std::string> problem_of_circles(const PolicySet& policies);

}  // namespace cordon
