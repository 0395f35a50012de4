#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "journal/disk_folder.h"

namespace cordon {

/// The folder of this agent in `root`, and those of agents that are gone and left results behind.
/// All are locked; the first is this agent's own, and may be one that was left behind.
///
/// Errors: those of DiskFolder::open; unavailable when more than 64 agents share `root`.
Result<std::vector<std::unique_ptr<DiskFolder>>> open_outbox_folders(
    const std::filesystem::path& root);

}  // namespace cordon
