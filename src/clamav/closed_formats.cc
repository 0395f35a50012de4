#include "clamav/closed_formats.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

// Sources: the formats' own specifications where there is one (WIM, QCOW2, VHDX, SquashFS), else
// the mark that all programs for the format look for. Only marks of four bytes
// or more, so that ordinary data does not match by chance.

namespace cordon {
namespace {

struct Format {
  std::size_t offset;
  std::string_view mark;
  Reason reason;
  std::string_view name;
};

using namespace std::string_view_literals;

constexpr std::array kFormats = {
    Format{7, "**ACE**"sv, Reason::unsupported, "ACE archive"},
    Format{0, "MSWIM\0\0\0"sv, Reason::unsupported, "Windows image (WIM)"},
    Format{10, "rLau"sv, Reason::unsupported, "StuffIt archive"},
    Format{0, "StuffIt (c)1997-"sv, Reason::unsupported, "StuffIt archive"},
    Format{0, "StuffIt!"sv, Reason::unsupported, "StuffIt X archive"},
    Format{20, "\xDC\xA7\xC4\xFD"sv, Reason::unsupported, "ZOO archive"},
    Format{0, "7kSt\xA0\x31\x83\xD3\x8C\xB2\x28\xB0\xD3"sv, Reason::unsupported, "ZPAQ archive"},
    Format{0, "\x89LZO\0\r\n\x1A\n"sv, Reason::unsupported, "lzop file"},
    Format{0, "LRZI"sv, Reason::unsupported, "lrzip file"},
    Format{0, "\xFF\x06\0\0sNaPpY"sv, Reason::unsupported, "Snappy stream"},
    Format{0, "\x02\x21\x4C\x18"sv, Reason::unsupported, "LZ4 file in its old format"},
    Format{0, "hsqs"sv, Reason::unsupported, "SquashFS image"},
    Format{0, "sqsh"sv, Reason::unsupported, "SquashFS image"},
    Format{0, "QFI\xFB"sv, Reason::unsupported, "QCOW2 disk image"},
    Format{0, "vhdxfile"sv, Reason::unsupported, "VHDX disk image"},
    Format{0, "KDMV"sv, Reason::unsupported, "VMDK disk image"},
    Format{0, "EVF\x09\x0D\x0A\xFF\0"sv, Reason::unsupported, "EWF disk image"},
};

bool matches(const Format& format, std::span<const std::byte> layer) {
  if (layer.size() < format.offset + format.mark.size()) return false;
  return std::ranges::equal(layer.subspan(format.offset, format.mark.size()),
                            std::as_bytes(std::span(format.mark)));
}

/// [MS-CAB] 2.1: flags at offset 30 say that members continue in the cabinets before or after.
bool is_part_of_cabinet_set(std::span<const std::byte> layer) {
  constexpr Format kCabinet{0, "MSCF\0\0\0\0"sv, Reason::unsupported, ""};
  constexpr std::byte kPreviousOrNext{3};
  return layer.size() >= 36 && matches(kCabinet, layer) &&
         (layer[30] & kPreviousOrNext) != std::byte{0};
}

}  // namespace

std::optional<LayerProblem> about_closed_format(std::span<const std::byte> layer) {
  if (is_part_of_cabinet_set(layer)) {
    return LayerProblem{Reason::unsupported, "a cabinet whose members are in several files"};
  }
  const auto* found =
      std::ranges::find_if(kFormats, [&](const Format& format) { return matches(format, layer); });
  if (found == kFormats.end()) return std::nullopt;
  return LayerProblem{found->reason, "cannot be opened: " + std::string(found->name)};
}

}  // namespace cordon
