#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// How records stand in a journal's files (docs/formats/outbox.md). Pure; every byte that is read
// may be anything: a disk cuts, tears and flips.

namespace cordon {

/// The longest payload of a record: the longest message of a queue, and what is told of it.
inline constexpr std::size_t kRecordPayloadBytesMax = (1U << 20U) + (64U << 10U);
/// What a record takes beside its payload.
inline constexpr std::size_t kRecordHeadBytes = 12;

/// One record: mark, length, checksum (CRC-32C of length and payload), payload. The payload is text
/// in UTF-8 of at most kRecordPayloadBytesMax bytes; so no payload holds a mark.
std::string encode_record(std::string_view payload);

/// How long the record of a payload of so many bytes is.
constexpr std::uint64_t record_bytes(std::size_t payload_bytes) {
  return kRecordHeadBytes + payload_bytes;
}

/// A whole record in a piece of a file.
struct FoundRecord {
  std::size_t begin;  ///< In the piece.
  std::size_t end;
  std::string_view payload;  ///< Valid as long as the piece.
};

/// The first whole record that begins at `from` or behind it. When it begins behind it, what lies
/// between is damaged. None: there is no whole record any more.
std::optional<FoundRecord> find_record(std::string_view piece, std::size_t from);

/// A place in a journal: behind so many bytes of the file of this number.
struct JournalPosition {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;

  auto operator<=>(const JournalPosition&) const = default;
};

/// A position as it is kept in a file of its own, and back; none when that is damaged.
std::string encode_position(const JournalPosition& position);
std::optional<JournalPosition> decode_position(std::string_view bytes);

}  // namespace cordon
