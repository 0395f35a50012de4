#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/sandbox_policy.h"

namespace cordon {

/// Loads `rules` into the kernel for this process, for good. What they do not name kills the
/// process. Needs no_new_privs. Errors: unavailable.
Result<void> load_filter(const std::vector<SystemCallRule>& rules);

/// The compiled filter in readable form, for the golden test. Errors: unavailable.
Result<std::string> filter_as_text(const std::vector<SystemCallRule>& rules);

}  // namespace cordon
