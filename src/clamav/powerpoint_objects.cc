#include "clamav/powerpoint_objects.h"

#include <array>
#include <cstdint>
#include <optional>

#include "clamav/compound_file.h"
#include "clamav/mark_search.h"
#include "clamav/pdf_filters.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

/// [MS-PPT] 2.3.1: version and instance, type, length.
constexpr std::size_t kHeaderBytes = 8;
/// The type 0x1011, which all three share.
constexpr Mark kType{.bytes = {"\x11\x10", 2}, .rare = 0};

std::size_t length_at(Bytes bytes, std::size_t at) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    length |= std::to_integer<std::size_t>(bytes[at + i]) << (8 * i);
  }
  return length;
}

/// The record whose type stands at `type_at`, without its header; nothing when there is none.
std::optional<Bytes> record_at(Bytes stream, std::size_t type_at) {
  if (type_at < 2 || stream.size() - type_at < kHeaderBytes - 2) return std::nullopt;
  const std::size_t length = length_at(stream, type_at + 2);
  const Bytes rest = stream.subspan(type_at + kHeaderBytes - 2);
  if (length > rest.size()) return std::nullopt;
  return rest.first(length);
}

bool is_zlib(Bytes bytes) {
  return bytes.size() > 2 && (bytes[0] & std::byte{0x0F}) == std::byte{8} &&
         (std::to_integer<unsigned>(bytes[0]) << 8U | std::to_integer<unsigned>(bytes[1])) % 31 ==
             0;
}

bool give_compressed(Bytes data, MemberGiver& giver) {
  constexpr std::array kFlate = {PdfStep{.filter = PdfFilter::flate}};
  const PdfDecoding decoding =
      decode_pdf(data, {}, kFlate, [&](Bytes bytes) { return giver.add(bytes); });
  if (decoding == PdfDecoding::damaged) {
    giver.note(Reason::unsupported, "an object embedded in a presentation is damaged");
  }
  return giver.give_gathered();
}

}  // namespace

bool give_powerpoint_objects(Bytes stream, MemberGiver& giver) {
  std::uint64_t left = 4 * std::uint64_t{stream.size()};
  std::optional<std::size_t> found = find_mark(stream, kType);
  for (; found && giver.may_go_on(); found = find_mark(stream, kType, *found + 1)) {
    const std::optional<Bytes> record = record_at(stream, *found);
    if (!record || stream[*found - 1] != std::byte{0}) continue;
    constexpr std::size_t kSizeBytes = 4;  // In front of what is compressed.
    const bool compressed = stream[*found - 2] == std::byte{0x10} && record->size() > kSizeBytes &&
                            is_zlib(record->subspan(kSizeBytes));
    const bool plain = stream[*found - 2] == std::byte{0} && is_compound_file(*record);
    if (!compressed && !plain) continue;
    if (record->size() > left) {
      return giver.fail(Reason::limit, "the objects in a presentation overlap too often");
    }
    left -= record->size();
    const bool go_on =
        plain ? giver.give(*record) : give_compressed(record->subspan(kSizeBytes), giver);
    if (!go_on) return false;
  }
  return giver.may_go_on();
}

}  // namespace cordon
