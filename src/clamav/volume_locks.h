#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace cordon {

/// The name of the encryption of a volume (LUKS 1 and 2, BitLocker, BitLocker To Go), when `layer`
/// is one, or a disk image of which a partition is one. Knows partition tables of the MBR and GPT
/// kinds with sectors of 512 bytes, and of GPT also with 4,096.
///
/// Pure; looks at some hundred bytes of each of at most 1,024 partitions.
std::optional<std::string_view> locked_volume(std::span<const std::byte> layer);

}  // namespace cordon
