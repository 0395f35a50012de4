#include "clamav/size_checks.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "clamav/header_checks.h"

// Sources: [MS-CAB]; technical note of ARJ (arj 3.10); "Microsoft's HTML Help (.chm) format" by
// M. Russotto; ECMA-119.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

bool has_at(Bytes bytes, std::size_t at, std::string_view mark) {
  return at <= bytes.size() && bytes.size() - at >= mark.size() &&
         std::ranges::equal(bytes.subspan(at, mark.size()), std::as_bytes(std::span(mark)));
}

LayerProblem cut_off(std::string_view what) {
  return {Reason::unsupported, std::string(what) + " that is cut off"};
}

bool cabinet_is_cut(Bytes layer) {
  return le32_at(layer, 8) > layer.size() || le32_at(layer, 16) >= layer.size();
}

/// Steps over the headers and the packed bytes behind them. Ends: each header has at least 8 bytes.
bool arj_is_cut(Bytes layer) {
  constexpr std::uint64_t kMarkAndSize = 4;
  constexpr std::uint64_t kSum = 4;
  bool is_member = false;  // The first header is that of the archive, which has no content.
  for (std::uint64_t at = 0; at + kMarkAndSize <= layer.size();) {
    const auto header = static_cast<std::size_t>(at);
    if (!has_at(layer, header, "\x60\xEA"sv)) return true;
    const std::uint64_t bytes = le16_at(layer, header + 2);
    if (bytes == 0) return false;
    const std::uint64_t packed = is_member ? le32_at(layer, header + 4 + 12) : 0;
    at += kMarkAndSize + bytes + kSum;
    // Further headers, each with its size and a sum; then a size of 0.
    for (;;) {
      if (at + 2 > layer.size()) return true;
      const std::uint64_t more = le16_at(layer, static_cast<std::size_t>(at));
      at += 2;
      if (more == 0) break;
      at += more + kSum;
    }
    at += packed;
    is_member = true;
  }
  return true;
}

bool arj_goes_on_elsewhere(Bytes layer) {
  constexpr std::size_t kFlags = 4 + 4;
  constexpr unsigned kVolume = 4;
  return layer.size() > kFlags && (std::to_integer<unsigned>(layer[kFlags]) & kVolume) != 0;
}

bool chm_is_cut(Bytes layer) {
  const std::uint64_t first = le64_at(layer, 0x38);
  const std::uint64_t second = le64_at(layer, 0x48);
  const std::uint64_t second_bytes = le64_at(layer, 0x50);
  const std::uint64_t size = layer.size();
  if (first > size || size - first < 16 || second > size || second_bytes > size - second) {
    return true;
  }
  return le64_at(layer, static_cast<std::size_t>(first) + 8) > size;
}

/// LZSS: a control byte says which of the next eight items are literals, the others are copies of
/// 3 to 18 bytes.
bool szdd_is_cut(Bytes layer) {
  const std::uint64_t wanted = le32_at(layer, 10);
  std::uint64_t unpacked = 0;
  std::size_t at = 14;
  while (unpacked < wanted) {
    if (at >= layer.size()) return true;
    const auto control = std::to_integer<unsigned>(layer[at++]);
    for (unsigned bit = 0; bit < 8 && unpacked < wanted; ++bit) {
      const bool literal = ((control >> bit) & 1U) != 0;
      if (at + (literal ? 1 : 2) > layer.size()) return true;
      unpacked += literal ? 1 : (std::to_integer<unsigned>(layer[at + 1]) & 0x0FU) + 3;
      at += literal ? 1 : 2;
    }
  }
  return false;
}

bool iso_is_cut(Bytes layer) {
  constexpr std::size_t kVolume = 32768;
  if (!has_at(layer, kVolume, "\1CD001"sv)) return false;
  const std::uint64_t blocks = le32_at(layer, kVolume + 80);
  return blocks * le16_at(layer, kVolume + 128) > layer.size();
}

}  // namespace

std::optional<LayerProblem> about_missing_end(std::string_view engine_type, Bytes layer) {
  if (has_at(layer, 0, "MSCF\0\0\0\0"sv)) {
    if (cabinet_is_cut(layer)) return cut_off("a cabinet");
  } else if (engine_type == "CL_TYPE_ARJ" || engine_type == "CL_TYPE_ARJSFX") {
    if (arj_goes_on_elsewhere(layer)) {
      return LayerProblem{Reason::unsupported, "an ARJ archive whose members are in several files"};
    }
    if (arj_is_cut(layer)) return cut_off("an ARJ archive");
  } else if (has_at(layer, 0, "ITSF"sv) && !looks_like_text(layer) &&
             engine_type == "CL_TYPE_MSCHM") {
    if (chm_is_cut(layer)) return cut_off("a CHM file");
  } else if (has_at(layer, 0, "SZDD\x88\xF0\x27\x33"sv)) {
    if (szdd_is_cut(layer)) return cut_off("an SZDD file");
  } else if (iso_is_cut(layer)) {
    return cut_off("an ISO 9660 image");
  }
  return std::nullopt;
}

}  // namespace cordon
