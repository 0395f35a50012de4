#pragma once

#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// The bytes in a sealed memory file, as the agent gives objects to the engine.
/// Errors: unavailable (no memory).
Result<UniqueFd> sealed_object(std::string_view bytes);

}  // namespace cordon
