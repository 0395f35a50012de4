#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// The whole content of a small file. Errors: not_found; denied; invalid when it is longer than
/// `bytes_max` or not a regular file; unavailable for anything else.
Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t bytes_max);

/// The same for a secret: also invalid, saying what to do, when everybody on this machine may read
/// or write the file, or when it is neither root's nor this user's. Leaves no copy in memory but
/// the result: `wipe` that when it was used.
Result<std::string> read_private_file(const std::filesystem::path& path, std::size_t bytes_max);

/// A file that was not there, mode 0600. Errors: changed when there is one; denied, unavailable.
Result<void> create_private_file(const std::filesystem::path& path, std::string_view content);

/// Adds to the end of a file, which keeps its owner and mode. Errors: not_found, denied,
/// unavailable.
Result<void> append_to_file(const std::filesystem::path& path, std::string_view content);

/// Replaces a file in one step: temporary file beside it, fsync, rename. Mode 0600.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// "operation: text of errno", with the code that fits errno: not_found, denied, else unavailable.
Error errno_error(std::string_view operation, int error_number);

}  // namespace cordon
