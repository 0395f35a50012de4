#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cordon {

/// Office encrypts a workbook that is only protected against changes with a password that every
/// copy of Office knows, and opens it without asking ([MS-OFFCRYPTO] 2.3.4, standard and agile
/// encryption; [MS-XLSX]). Returns the package that such a compound file holds: a zip archive.
///
/// Nothing when another password is needed, the file is damaged, it uses another encryption, or the
/// package has more than kOfficePackageBytesMax: then it is locked.
///
/// Pure. Cost: 100,000 digests at most, some 50 ms, and the decryption.
std::optional<std::vector<std::byte>> open_office_package(std::span<const std::byte> compound_file);

/// The password that every copy of Office knows ([MS-OFFCRYPTO] 2.4.2.3), in UTF-16.
std::string built_in_password();

inline constexpr std::size_t kOfficePackageBytesMax = 128U << 20;

}  // namespace cordon
