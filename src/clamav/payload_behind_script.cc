#include "clamav/payload_behind_script.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/text.h"
#include "clamav/mark_search.h"
#include "clamav/member_feed.h"
#include "clamav/text_encodings.h"

// Sources: the formats' own specifications for the marks; the System V ABI for ELF; the AppImage
// specification (its file system starts where the ELF program ends).

namespace cordon {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kPayloadsMax = 4;

struct PayloadMark {
  Mark mark;
  std::size_t offset = 0;  ///< Of the mark in the payload.
};

/// `rare`: the byte that text has least often.
constexpr std::array kMarks = {
    PayloadMark{{.bytes = "\x1F\x8B\x08"sv, .rare = 1}},
    PayloadMark{{.bytes = "\xFD\x37zXZ\0"sv, .rare = 0}},
    PayloadMark{{.bytes = "BZh"sv, .rare = 1}},
    PayloadMark{{.bytes = "\x28\xB5\x2F\xFD"sv, .rare = 3}},
    PayloadMark{{.bytes = "\x04\x22\x4D\x18"sv, .rare = 3}},
    PayloadMark{{.bytes = "LZIP\1"sv, .rare = 4}},
    PayloadMark{{.bytes = "\x89LZO\0\r\n\x1A\n"sv, .rare = 0}},
    PayloadMark{{.bytes = "\x5D\0\0\x80\0"sv, .rare = 3}},
    PayloadMark{{.bytes = "PK\3\4"sv, .rare = 3}},
    PayloadMark{{.bytes = "7z\xBC\xAF\x27\x1C"sv, .rare = 3}},
    PayloadMark{{.bytes = "Rar!\x1A\x07"sv, .rare = 5}},
    PayloadMark{{.bytes = "hsqs"sv, .rare = 2}},
    PayloadMark{{.bytes = "070701"sv, .rare = 2}},
    PayloadMark{{.bytes = "\xED\xAB\xEE\xDB"sv, .rare = 3}},
    PayloadMark{{.bytes = "!<arch>\n"sv, .rare = 6}},
    PayloadMark{{.bytes = "\x7F"
                          "ELF"sv,
                 .rare = 0}},
    PayloadMark{{.bytes = "ustar"sv, .rare = 0}, 257},
};

/// Marks of letters only need what follows them.
bool makes_sense(std::string_view payload) {
  if (payload.starts_with("BZh")) {
    return payload.size() > 10 && payload[3] >= '1' && payload[3] <= '9' &&
           payload.substr(4, 6) == "1AY&SY";
  }
  if (payload.starts_with("\x1F\x8B")) {
    return payload.size() > 18 && static_cast<std::uint8_t>(payload[3]) < 0x20;
  }
  if (payload.starts_with("hsqs")) {
    return payload.size() > 96 && payload[28] == 4 && payload[29] == 0;  // Version 4.
  }
  if (payload.starts_with("070701")) {
    return payload.size() > 110 && std::ranges::all_of(payload.substr(6, 104), [](char c) {
             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
  }
  return payload.size() > 16;
}

bool is_script(std::string_view content) {
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  return content.starts_with("#!") || content.starts_with(": ") || content.starts_with("@echo");
}

bool is_text(char c) {
  return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t' ||
         c == '\f' || c == '\b' || c == '\x1B';
}

/// The same for sixteen at once: whether all of them are.
bool is_all_text(const char* sixteen) {
  using Sixteen __attribute__((vector_size(16))) = unsigned char;
  Sixteen c;
  std::memcpy(&c, sixteen, sizeof c);
  const auto others = (c < 0x20) & (c != '\n') & (c != '\r') & (c != '\t') & (c != '\f') &
                      (c != '\b') & (c != 0x1B);
  std::array<std::uint64_t, 2> halves;
  std::memcpy(halves.data(), &others, sizeof halves);
  return (halves[0] | halves[1]) == 0;
}

/// Where text ends and bytes begin that no text has; the end when it is text throughout. Every text
/// is looked at, so this must not cost more than reading it.
std::size_t end_of_text(std::string_view content) {
  std::size_t at = 0;
  while (content.size() - at >= 16 && is_all_text(content.data() + at)) at += 16;
  const std::string_view rest = content.substr(at);
  return at + static_cast<std::size_t>(std::ranges::find_if_not(rest, is_text) - rest.begin());
}

/// A script, or any text: interpreters are also named by the one who calls them.
bool starts_as_text(std::string_view content, std::size_t text_end) {
  constexpr std::size_t kTextBytesMin = 512;
  return text_end >= kTextBytesMin || is_script(content);
}

void add(std::vector<std::size_t>& places, std::size_t place) {
  if (std::ranges::find(places, place) == places.end()) places.push_back(place);
}

/// The first place of one kind anywhere and the first at the beginning of a line.
void find_places(std::string_view content, std::size_t text_end, const PayloadMark& kind,
                 std::vector<std::size_t>& anywhere, std::vector<std::size_t>& lines) {
  constexpr int kTriesMax = 10'000;
  std::optional<std::size_t> first;
  // Payloads begin with a few bytes of text: the name of a tar's first member.
  constexpr std::size_t kTextInFrontMax = 1024;
  std::size_t from = kind.offset + 1;
  if (text_end > kTextInFrontMax) from = std::max(from, text_end - kTextInFrontMax);
  for (int i = 0; i < kTriesMax; ++i) {
    const auto found = find_mark(as_bytes_of(content), kind.mark, from);
    if (!found) break;
    from = *found + 1;
    const std::size_t begin = *found - kind.offset;
    if (!makes_sense(content.substr(begin))) continue;
    if (!first) first = begin;
    const char before = content[begin - 1];
    if (before != '\n' && before != '\r' && before != '\0') continue;
    add(lines, begin);
    break;
  }
  if (first) add(anywhere, *first);
}

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

/// Where the entries of one of the two tables of an ELF program are, and their fields.
struct ElfTable {
  std::uint64_t begin;
  std::uint64_t entry_bytes;
  std::uint64_t entries;
  std::size_t offset_at;  ///< Of what the entry places, in the entry.
  std::size_t size_at;
  std::size_t width;  ///< Of both fields.
  bool sections;
};

/// The end of the last thing that the table places within the file.
std::uint64_t end_of_placed(std::string_view elf, const ElfTable& table) {
  constexpr std::uint64_t kNoBits = 8;  // A section without bytes in the file.
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < table.entries; ++i) {
    const std::uint64_t begin = table.begin + i * table.entry_bytes;
    if (begin > elf.size() || table.size_at + table.width > elf.size() - begin) break;
    const std::string_view entry = elf.substr(static_cast<std::size_t>(begin));
    if (table.sections && little(entry, 4, 4) == kNoBits) continue;
    const std::uint64_t offset = little(entry, table.offset_at, table.width);
    const std::uint64_t size = little(entry, table.size_at, table.width);
    if (offset <= elf.size() && size <= elf.size() - offset) end = std::max(end, offset + size);
  }
  return end;
}

/// Where a little-endian ELF program ends: its tables and what they place. Nothing: no such
/// program.
std::optional<std::uint64_t> end_of_elf(std::string_view elf) {
  if (elf.size() < 64 ||
      !elf.starts_with("\x7F"
                       "ELF"sv) ||
      elf[5] != 1)
    return std::nullopt;
  const bool wide = elf[4] == 2;
  const std::size_t width = wide ? 8 : 4;
  const std::size_t counts = wide ? 54 : 42;
  const ElfTable programs{.begin = little(elf, wide ? 32 : 28, width),
                          .entry_bytes = little(elf, counts, 2),
                          .entries = little(elf, counts + 2, 2),
                          .offset_at = wide ? 8U : 4U,
                          .size_at = wide ? 32U : 16U,
                          .width = width,
                          .sections = false};
  const ElfTable sections{.begin = little(elf, wide ? 40 : 32, width),
                          .entry_bytes = little(elf, counts + 4, 2),
                          .entries = little(elf, counts + 6, 2),
                          .offset_at = wide ? 24U : 16U,
                          .size_at = wide ? 32U : 20U,
                          .width = width,
                          .sections = true};
  std::uint64_t end = std::max(end_of_placed(elf, programs), end_of_placed(elf, sections));
  for (const ElfTable& table : {programs, sections}) {
    if (table.begin < elf.size())
      end = std::max(end, table.begin + table.entry_bytes * table.entries);
  }
  return end;
}

std::vector<std::size_t> behind_elf(std::string_view content, std::uint64_t end) {
  if (end == 0 || end >= content.size()) return {};
  const auto begin = static_cast<std::size_t>(end);
  const std::size_t first = content.find_first_not_of('\0', begin);
  if (first == std::string_view::npos) return {};
  return {begin};
}

}  // namespace

std::vector<std::size_t> find_payloads_behind_script(std::span<const std::byte> bytes) {
  const std::string_view content = text_of(bytes);
  if (const auto end = end_of_elf(content)) return behind_elf(content, *end);
  const std::size_t text_end = end_of_text(content);
  if (text_end == content.size() || !starts_as_text(content, text_end)) return {};
  std::vector<std::size_t> anywhere;
  std::vector<std::size_t> places;
  for (const PayloadMark& kind : kMarks) find_places(content, text_end, kind, anywhere, places);
  // What packed data happens to hold lies behind the payload.
  std::ranges::sort(places);
  if (places.size() >= kPayloadsMax) places.resize(kPayloadsMax - 1);
  if (!anywhere.empty()) add(places, *std::ranges::min_element(anywhere));
  std::ranges::sort(places);
  return places;
}

Unpacking read_payloads_behind_script(std::span<const std::byte> content,
                                      const std::filesystem::path& temp_directory,
                                      const UnpackLimits& limits, const UseMember& use) {
  MemberFeed feed(limits, temp_directory, use);
  const std::string_view bytes = text_of(content);
  const std::vector<std::size_t> places = find_payloads_behind_script(content);
  for (const std::size_t place : places) feed.give(bytes.substr(place));
  if (is_script(bytes)) {
    const std::string_view text = bytes.substr(0, places.empty() ? bytes.size() : places.front());
    read_text_encodings(text, feed);
    read_base64_blocks(text, feed);
  }
  return feed.result();
}

}  // namespace cordon
