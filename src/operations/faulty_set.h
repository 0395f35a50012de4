#pragma once

#include <filesystem>
#include <optional>

#include "operations/signature_sets.h"

namespace cordon {

/// One's own file without which the set in `directory` is proven, for which it is not: a rule may
/// be loaded and let the engine crash. None: there is no single one, or it cannot be found out.
/// Tries a set for each of one's own files, of which there may be 32. Blocks: as long as these.
std::optional<std::filesystem::path> file_at_fault(const std::filesystem::path& directory,
                                                   const TrySet& try_set);

}  // namespace cordon
