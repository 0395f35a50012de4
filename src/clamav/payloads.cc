#include "clamav/payloads.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "clamav/content_marks.h"
#include "clamav/header_checks.h"

// Sources: System V ABI (ELF); Microsoft's PE format.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::size_t kWindowBytes = 256;

bool has_at(Bytes bytes, std::size_t at, std::string_view mark) {
  return at <= bytes.size() && bytes.size() - at >= mark.size() &&
         std::ranges::equal(bytes.subspan(at, mark.size()), std::as_bytes(std::span(mark)));
}

bool is_program(Bytes bytes) {
  return has_at(bytes, 0, "\x7F\x45LF"sv) || has_at(bytes, 0, "MZ"sv);
}

bool is_container(Bytes bytes) {
  constexpr std::array kMarks = {
      "PK\x03\x04"sv,       "PK\x05\x06"sv,    "7z\xBC\xAF\x27\x1C"sv, "Rar!\x1A\x07"sv,
      "\x1F\x8B\x08"sv,     "\xFD\x37zXZ\0"sv, "\x28\xB5\x2F\xFD"sv,   "\x04\x22\x4D\x18"sv,
      "LZIP\x01"sv,         "\x5D\0\0"sv,      "!<arch>\n"sv,          "MSCF\0\0\0\0"sv,
      "\xED\xAB\xEE\xDB"sv, "xar!\0\x1C"sv,    "Salted__"sv,
  };
  const bool marked =
      std::ranges::any_of(kMarks, [&](std::string_view mark) { return has_at(bytes, 0, mark); });
  if (marked || is_bzip2(bytes) || is_cpio(bytes) || has_at(bytes, 257, "ustar"sv)) return true;
  return std::ranges::any_of(content_marks(),
                             [&](const ContentMark& mark) { return matches(mark, bytes); });
}

std::size_t controls_in(Bytes bytes) {
  std::size_t count = 0;
  for (std::size_t at = find_control(bytes, 0); at < bytes.size(); ++count) {
    at = find_control(bytes, at + 1);
  }
  return count;
}

std::size_t line_end(Bytes bytes, std::size_t from) {
  const auto rest = bytes.subspan(from);
  const auto found = std::ranges::find(rest, std::byte{'\n'});
  return from + static_cast<std::size_t>(found - rest.begin());
}

/// Packed content may have a line's end before its first control character: the lines in front of
/// `line` are looked at as well.
std::optional<std::size_t> container_near(Bytes layer, std::size_t line) {
  constexpr int kLinesMax = 8;
  for (int i = 0; i < kLinesMax && line > 0; ++i) {
    const Bytes content = layer.subspan(line);
    if (is_container(content) || is_program(content)) return line;
    const Bytes before = layer.first(line - 1);
    const auto end = std::find(before.rbegin(), before.rend(), std::byte{'\n'});
    line = static_cast<std::size_t>(before.rend() - end);
  }
  return std::nullopt;
}

/// Other formats begin with "#!" and a name of their own.
bool names_interpreter(Bytes head) {
  std::size_t at = 2;
  while (at < head.size() && (head[at] == std::byte{' '} || head[at] == std::byte{'\t'})) ++at;
  return at < head.size() && head[at] == std::byte{'/'};
}

/// Goes from one line with control characters to the next. Packed content has one in nine bytes.
std::optional<Payload> payload_of_script(Bytes layer) {
  constexpr std::size_t kControlsMin = 8;
  constexpr std::size_t kLookBack = 4096;
  const Bytes head = layer.first(std::min(layer.size(), kWindowBytes));
  if (find_control(head, 0) < line_end(head, 0)) return std::nullopt;  // No line of text.
  if (!names_interpreter(head)) return std::nullopt;
  for (std::size_t from = 0;;) {
    const std::size_t low = find_low_control(layer, from);
    if (low == layer.size()) return std::nullopt;
    const std::size_t found = find_control(layer, std::max(from, low - std::min(low, kLookBack)));
    std::size_t line = found;
    while (line > from && layer[line - 1] != std::byte{'\n'}) --line;
    const Bytes content = layer.subspan(line);
    const bool packed = line > 0 && content.size() >= kWindowBytes &&
                        controls_in(content.first(kWindowBytes)) >= kControlsMin;
    if (packed) {
      const auto known = container_near(layer, line);
      return Payload{known.value_or(line), known.has_value()};
    }
    from = std::min(layer.size(), line_end(layer, found) + 1);
  }
}

struct ElfFields {
  Bytes layer;
  bool wide;
  bool big_endian;

  std::uint64_t number(std::size_t at, std::size_t bytes) const {
    if (bytes == 2) return big_endian ? be16_at(layer, at) : le16_at(layer, at);
    if (bytes == 4) return big_endian ? be32_at(layer, at) : le32_at(layer, at);
    return big_endian ? be64_at(layer, at) : le64_at(layer, at);
  }
  std::uint64_t address(std::size_t at) const { return number(at, wide ? 8 : 4); }
};

/// The end of the furthest of headers, segments and sections. A sum that overflows lies behind
/// the layer in any case, or in front of where it matters.
std::uint64_t end_of_elf(Bytes layer) {
  constexpr std::uint64_t kNoBits = 8;
  const ElfFields elf{layer, has_at(layer, 4, "\x02"sv), has_at(layer, 5, "\x02"sv)};
  const std::uint64_t segments = elf.address(elf.wide ? 32 : 28);
  const std::uint64_t sections = elf.address(elf.wide ? 40 : 32);
  const std::size_t sizes = elf.wide ? 54 : 42;
  const std::uint64_t segment_bytes = elf.number(sizes, 2);
  const std::uint64_t segment_count = elf.number(sizes + 2, 2);
  const std::uint64_t section_bytes = elf.number(sizes + 4, 2);
  const std::uint64_t section_count = elf.number(sizes + 6, 2);
  std::uint64_t end =
      std::max(segments + segment_bytes * segment_count, sections + section_bytes * section_count);
  for (std::uint64_t i = 0; i < segment_count; ++i) {
    const auto at = static_cast<std::size_t>(segments + i * segment_bytes);
    const std::uint64_t offset = elf.address(at + (elf.wide ? 8 : 4));
    end = std::max(end, offset + elf.address(at + (elf.wide ? 32 : 16)));
  }
  for (std::uint64_t i = 0; i < section_count; ++i) {
    const auto at = static_cast<std::size_t>(sections + i * section_bytes);
    if (elf.number(at + 4, 4) == kNoBits) continue;
    const std::uint64_t offset = elf.address(at + (elf.wide ? 24 : 16));
    end = std::max(end, offset + elf.address(at + (elf.wide ? 32 : 20)));
  }
  return end;
}

std::uint64_t end_of_pe(Bytes layer) {
  constexpr std::size_t kSectionBytes = 40;
  const std::size_t header = le32_at(layer, 0x3C);
  if (!has_at(layer, header, "PE\0\0"sv)) return layer.size();
  const std::size_t count = le16_at(layer, header + 6);
  const std::size_t table = header + 24 + le16_at(layer, header + 20);
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = table + i * kSectionBytes;
    end = std::max(end, std::uint64_t{le32_at(layer, at + 16)} + le32_at(layer, at + 20));
  }
  return end == 0 ? layer.size() : end;
}

std::optional<Payload> payload_of_program(Bytes layer, std::uint64_t end) {
  constexpr std::size_t kPaddingMax = 4096;
  if (end == 0 || end >= layer.size()) return std::nullopt;
  auto at = static_cast<std::size_t>(end);
  if (is_container(layer.subspan(at))) return Payload{at, true};
  const std::size_t padding_end = std::min(layer.size(), at + kPaddingMax);
  while (at < padding_end && layer[at] == std::byte{0}) ++at;
  if (!is_container(layer.subspan(at))) return std::nullopt;
  return Payload{at, true};
}

}  // namespace

std::optional<Payload> payload_of(Bytes layer) {
  if (has_at(layer, 0, "#!"sv)) return payload_of_script(layer);
  if (has_at(layer, 0, "\x7F\x45LF"sv)) return payload_of_program(layer, end_of_elf(layer));
  if (has_at(layer, 0, "MZ"sv)) return payload_of_program(layer, end_of_pe(layer));
  return std::nullopt;
}

}  // namespace cordon
