#pragma once

#include <filesystem>

#include "base/clock.h"
#include "core/ports/scanner.h"
#include "ipc/channel.h"

namespace cordon {

/// Exit statuses of a worker that the client tells apart from a crash.
constexpr int kExitBrokenProtocol = 71;
constexpr int kExitOutOfMemory = 77;

/// A worker's life after confinement: answers scans until the client is gone. Returns the exit
/// status. `temporary` is emptied after each object, so that none leaves traces for the next.
int serve_scans(Channel& client, Scanner& scanner, const std::filesystem::path& temporary,
                const Clock& clock);

}  // namespace cordon
