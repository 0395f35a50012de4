#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace cordon {

/// Executes `binary` with an empty environment, `socket` at descriptor 3, /dev/null at 0 and 1, our
/// standard error at 2 and nothing else open; in a session of its own, so that a Ctrl-C in our
/// terminal reaches us alone and objects that are being scanned can be finished.
/// Errors: not_found, denied, unavailable.
Result<pid_t> start_program(const std::filesystem::path& binary,
                            const std::vector<std::string>& arguments, int socket);

}  // namespace cordon
