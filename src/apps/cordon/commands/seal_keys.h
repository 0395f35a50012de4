#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "core/seal.h"

namespace cordon {

class Command;

/// --seal-key-file, or CORDON_SEAL_KEY_FILE. Empty: no seals.
void add_seal_key_flag(Command& command, std::string& path);

/// The keys of that file; none when `path` is empty. Errors name the file and say what to do.
Result<std::optional<SealKeyRing>> load_seal_keys(const std::string& path);

/// Makes the file with one new key, or adds a key at the end of one that is there: it verifies, and
/// signs when somebody moves it to the top. Returns the ring that the file holds then.
Result<SealKeyRing> add_seal_key(const std::filesystem::path& path, const Clock& clock,
                                 Random& random);

}  // namespace cordon
