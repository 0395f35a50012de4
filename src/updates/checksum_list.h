#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cordon {

/// The file that a mirror may carry beside its signatures, as `sha256sum * > SHA256SUMS` writes it.
inline constexpr const char* kChecksumFile = "SHA256SUMS";
inline constexpr std::size_t kChecksumFileBytesMax = 2U << 20U;

/// Whether a file of this name may be taken from a source: the engine loads it or verifies another
/// by it (`is_sign_file`), and it stays in the directory that it is put into. Pure.
bool is_takeable(std::string_view name);

/// Names and their SHA-256 in lower-case hex, of those files only that may be taken. Pure;
/// foreign. Errors: invalid: a line of another form, a name twice, more than 10,000, none at all.
Result<std::map<std::string, std::string>> parse_checksums(std::string_view text);

}  // namespace cordon
