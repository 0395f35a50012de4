#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "clamav/size_and_sum.h"

namespace cordon {

/// A piece of a layer, in bytes from its beginning.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;

  bool operator==(const Extent&) const = default;
};

/// What a zip archive says about itself, as far as it matters to a verdict.
struct ZipSummary {
  std::uint64_t entries = 0;
  std::uint64_t member_bytes_max = 0;  ///< Largest size after unpacking that is declared.
  std::uint64_t end = 0;  ///< Where its end record stops; a comment or other data may follow.
  /// Some member needs a password, and nothing tells what it must be when somebody has opened it:
  /// AES (AE-2 keeps no sum), strong encryption, an encrypted directory, a few bytes.
  bool encrypted = false;
  bool unreadable = false;    ///< Some member's size cannot be true, and no reader here tells.
  bool multi_volume = false;  ///< Its members are in other files; nothing else is known.
  /// Some member's own header tells other sizes or another sum than the directory: who reads from
  /// the front unpacks something else.
  bool contradicts = false;
  /// Members in a method that only the engine unpacks (implode, deflate64): what comes out must
  /// have this size and sum.
  std::vector<SizeAndSum> engine_only = {};
  /// The other members that need a password: who opens them gets this size and sum.
  std::vector<SizeAndSum> locked = {};
  /// What neither the directory nor a member of it accounts for, in ascending order: an archive in
  /// front, members that are not listed, data behind the end. Padding is left out.
  std::vector<Extent> unlisted = {};

  bool operator==(const ZipSummary&) const = default;
};

/// At most this many members are looked at; an archive with more is an error (limit).
inline constexpr std::uint64_t kZipEntriesMax = 1'000'000;
/// At most this many unlisted pieces are reported; an archive with more is an error (limit).
inline constexpr std::size_t kZipUnlistedMax = 64;

/// Reads the central directory at the end of `content` and the local header of each member. Knows
/// zip64, archives behind other data (self-extracting ones) and comments or junk behind the end.
///
/// Errors: not_found  there is no directory at all;
///         invalid    it is damaged, contradicts the members, or points outside the file. With the
///                    cause `zip_directory_is_there` when records of a directory stand where one of
///                    the ends says, so that it is no chance likeness in other data;
///         throttled  it has more than kZipEntriesMax members or kZipUnlistedMax unlisted pieces.
/// Pure; every step is bounded by the size of `content` and kZipEntriesMax.
Result<ZipSummary> read_zip_directory(std::span<const std::byte> content);

/// A zip of the same packed members with the least of headers: no extra fields, names or comments,
/// and without those that only the engine unpacks or that are empty.
struct PlainZip {
  std::vector<std::byte> bytes;
  std::uint64_t members = 0;
};

/// Errors: those of read_zip_directory; throttled also when a member is above 4 GiB or all of them
/// above 512 MiB.
Result<PlainZip> plain_zip(std::span<const std::byte> content);

}  // namespace cordon
