#pragma once

#include <string>
#include <string_view>

namespace cordon {

/// RAR archives with one stored (not compressed) member, written by hand from the format notes:
/// no free program makes them.

enum class RarFlaw {
  none,
  encrypted,
  encrypted_headers,
  truncated,
  wrong_checksum,
  says_directory
};

/// RAR 4 technote: CRC, type, flags, size per block.
std::string rar4_of(std::string_view name, std::string_view bytes, RarFlaw flaw = RarFlaw::none);
/// RAR 5 format note: CRC, then variable-length numbers.
std::string rar5_of(std::string_view name, std::string_view bytes, RarFlaw flaw = RarFlaw::none);

}  // namespace cordon
