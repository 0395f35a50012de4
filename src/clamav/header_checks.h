#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cordon {

/// Numbers at fixed places. What lies outside of the bytes reads as 0.
std::uint16_t le16_at(std::span<const std::byte> bytes, std::size_t at);
std::uint32_t le32_at(std::span<const std::byte> bytes, std::size_t at);
std::uint64_t le64_at(std::span<const std::byte> bytes, std::size_t at);
std::uint16_t be16_at(std::span<const std::byte> bytes, std::size_t at);
std::uint32_t be32_at(std::span<const std::byte> bytes, std::size_t at);
std::uint64_t be64_at(std::span<const std::byte> bytes, std::size_t at);

/// The first control character, of those that texts do not have, at or behind `from`; the size when
/// there is none.
std::size_t find_control(std::span<const std::byte> bytes, std::size_t from);
/// The same for those below the tab, several bytes at once: packed content has one in 28 bytes.
std::size_t find_low_control(std::span<const std::byte> bytes, std::size_t from);
/// True when none of the first 256 bytes is a control character that texts do not have.
bool looks_like_text(std::span<const std::byte> bytes);

// Formats whose mark is shorter than four bytes, or has no fixed place: true when all fields of the
// header that have few possible values have one of them. Each takes the whole content. Pure.

bool is_fat(std::span<const std::byte> content);
bool is_ext(std::span<const std::byte> content);
bool is_minix(std::span<const std::byte> content);
bool is_classic_hfs(std::span<const std::byte> content);
bool is_nilfs(std::span<const std::byte> content);
bool is_zfs(std::span<const std::byte> content);
/// A volume recognition sequence with an NSR descriptor, alone or behind that of ISO 9660.
bool is_udf(std::span<const std::byte> content);
/// A boot record whose table has partitions behind it.
bool is_partitioned_disk(std::span<const std::byte> content);
bool is_apple_partitioned_disk(std::span<const std::byte> content);
bool is_sun_label(std::span<const std::byte> content);
bool is_vmdk_descriptor(std::span<const std::byte> content);
bool is_disk_copy(std::span<const std::byte> content);
bool is_nero_image(std::span<const std::byte> content);
bool is_discjuggler_image(std::span<const std::byte> content);
bool is_ghost_image(std::span<const std::byte> content);
bool is_jffs2(std::span<const std::byte> content);
bool is_yaffs(std::span<const std::byte> content);
bool is_arc(std::span<const std::byte> content);
bool is_compact_pro(std::span<const std::byte> content);
bool is_packed_huffman(std::span<const std::byte> content);
/// The first record of a dump says of which kind it is.
bool starts_dump(std::span<const std::byte> content);
/// The engine goes by the first characters alone, which texts may have. False for text; true for a
/// header, also when it is damaged.
bool is_cpio(std::span<const std::byte> content);
bool is_bzip2(std::span<const std::byte> content);
bool is_electron_archive(std::span<const std::byte> content);

// Programs with packed files in them, by the header of what is packed: one search of a program.

bool is_nsis(std::span<const std::byte> content);
bool is_inno_setup(std::span<const std::byte> content);
bool is_installshield(std::span<const std::byte> content);
bool is_pyinstaller(std::span<const std::byte> content);

}  // namespace cordon
