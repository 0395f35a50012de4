#include "journal/journal_format.h"

#include <boost/crc.hpp>

#include "base/byte_reader.h"
#include "base/check.h"
#include "base/text.h"

namespace cordon {
namespace {

// 0xFF stands nowhere in UTF-8. The last byte is the format's version.
constexpr std::string_view kMark(
    "\xFF"
    "CR\x01",
    4);
// Damage that holds many marks would cost a checksum each: no more bytes than these are looked at
// for one record, a multiple of what a file holds.
constexpr std::size_t kCheckedBytesMax = 64U << 20U;

using Crc32C = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

std::uint32_t checksum_of(std::string_view length, std::string_view payload) {
  Crc32C crc;
  crc.process_bytes(length.data(), length.size());
  crc.process_bytes(payload.data(), payload.size());
  return crc.checksum();
}

struct Head {
  std::size_t payload_bytes;
  std::uint32_t checksum;
};

std::optional<Head> head_at(std::string_view piece, std::size_t from) {
  if (from > piece.size() || piece.size() - from < kRecordHeadBytes) return std::nullopt;
  if (!piece.substr(from).starts_with(kMark)) return std::nullopt;
  ByteReader reader(as_bytes_of(piece.substr(from + kMark.size(), 8)));
  const Result<std::uint32_t> bytes = reader.u32();
  const Result<std::uint32_t> checksum = reader.u32();
  if (!bytes || !checksum || *bytes > kRecordPayloadBytesMax) return std::nullopt;
  return Head{*bytes, *checksum};
}

}  // namespace

std::string encode_record(std::string_view payload) {
  CORDON_CHECK(payload.size() <= kRecordPayloadBytesMax);
  ByteWriter length;
  length.u32(static_cast<std::uint32_t>(payload.size()));
  const std::string length_bytes = std::move(length).take();
  ByteWriter checksum;
  checksum.u32(checksum_of(length_bytes, payload));
  std::string record(kMark);
  record += length_bytes;
  record += std::move(checksum).take();
  record += payload;
  return record;
}

std::optional<FoundRecord> find_record(std::string_view piece, std::size_t from) {
  std::size_t checked = 0;
  // Ends: each turn begins behind the mark of the turn before.
  for (std::size_t at = from; checked <= kCheckedBytesMax; ++at) {
    at = piece.find(kMark, at);
    if (at == std::string_view::npos) return std::nullopt;
    const std::optional<Head> head = head_at(piece, at);
    if (!head || piece.size() - at - kRecordHeadBytes < head->payload_bytes) continue;
    const std::string_view payload = piece.substr(at + kRecordHeadBytes, head->payload_bytes);
    checked += payload.size();
    if (checksum_of(piece.substr(at + kMark.size(), 4), payload) != head->checksum) continue;
    return FoundRecord{at, at + kRecordHeadBytes + payload.size(), payload};
  }
  return std::nullopt;
}

std::string encode_position(const JournalPosition& position) {
  return encode_record(std::to_string(position.file) + " " + std::to_string(position.offset));
}

std::optional<JournalPosition> decode_position(std::string_view bytes) {
  const std::optional<FoundRecord> found = find_record(bytes, 0);
  if (!found || found->begin != 0 || found->end != bytes.size()) return std::nullopt;
  const std::size_t space = found->payload.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::optional<std::uint64_t> file = parse_u64(found->payload.substr(0, space));
  const std::optional<std::uint64_t> offset = parse_u64(found->payload.substr(space + 1));
  if (!file || !offset) return std::nullopt;
  return JournalPosition{*file, *offset};
}

}  // namespace cordon
