#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace cordon {

/// Excel 97 to 2003 encrypts a workbook that is only protected against changes with the password
/// that every copy of Office knows, as Office does with packages (office_package.h). Returns the
/// same compound file with that workbook in clear.
///
/// Nothing when another password is needed, the file or the order of its records is damaged, or it
/// has more than kOfficePackageBytesMax: then it is locked. What else in the file is locked
/// still is in what is returned.
///
/// Pure. Cost: a copy of the file, and a digest for each 1,024 bytes.
std::optional<std::vector<std::byte>> open_office_workbook(
    std::span<const std::byte> compound_file);

}  // namespace cordon
