#include "clamav/mail_text.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "clamav/mail_headers.h"
#include "clamav/mail_parts.h"
#include "clamav/text_lines.h"
#include "clamav/utf8_bytes.h"

namespace cordon {
namespace {

constexpr std::size_t kMailsMax = 1'000'000;
constexpr std::size_t kBlocksMax = 100'000;
constexpr std::size_t kBoundariesMax = 1'000;  // Each is compared with lines that may be one.
constexpr std::size_t kBoundaryBytesMax = 256;

bool is_printable(char c) { return c >= ' ' && c < 0x7F; }

void put_point(std::uint32_t point, StagedMember& out) {
  put_utf8(point, [&](char byte) { out.put(byte); });
}

/// "Content-Type", "Content-Transfer-Encoding", "Content-Disposition" in any case.
bool is_part_field(std::string_view line) {
  if (line.size() < 12 || (line[0] != 'C' && line[0] != 'c')) return false;
  const auto length = field_name_length(line);
  if (!length) return false;
  const std::string name = lower(line.substr(0, *length));
  return name == "content-type" || name == "content-transfer-encoding" ||
         name == "content-disposition";
}

bool is_field_or_continued(std::string_view line) {
  if (line.empty()) return false;
  return line[0] == ' ' || line[0] == '\t' || field_name_length(line).has_value();
}

bool is_boundary_line(std::string_view line) {
  return line.size() > 2 && line.size() <= kBoundaryBytesMax && line.starts_with("--") &&
         std::ranges::all_of(line, is_printable);
}

/// Weighs the first block of fields.
bool starts_as_mail(std::string_view text) {
  constexpr int kLinesMax = 64;
  constexpr std::size_t kWeightMin = 3;
  TextLines lines(text, 0, false);
  PartHeaders headers;
  bool started = false;
  bool part_field = false;
  bool boundary = false;
  for (int i = 0; i < kLinesMax; ++i) {
    const auto line = lines.next();
    if (!line) break;
    const std::string_view characters = line->of(text);
    const bool blank = trim(characters).empty();
    if (blank && started) break;
    if (blank) continue;
    const bool envelope = characters.starts_with("From ") || characters.starts_with("HTTP/");
    const bool is_boundary = is_boundary_line(characters);
    if (envelope && !started) headers.mail_weight = 1;
    if (is_boundary && !started) boundary = true;
    started = true;
    if (envelope || is_boundary) continue;
    if (!is_field_or_continued(characters)) break;
    part_field = part_field || is_part_field(characters);
    take_field(characters, headers);
  }
  return boundary ? part_field : headers.mail_weight >= kWeightMin;
}

}  // namespace

std::optional<Utf16> utf16_order(std::string_view text) {
  using std::string_view_literals::operator""sv;
  if (text.starts_with("\xFF\xFE"sv)) return Utf16::little_endian;
  if (text.starts_with("\xFE\xFF"sv)) return Utf16::big_endian;
  constexpr std::size_t kBytes = 16;
  if (text.size() < kBytes) return std::nullopt;
  bool little = true;
  bool big = true;
  for (std::size_t i = 0; i < kBytes; i += 2) {
    little = little && text[i] != 0 && text[i + 1] == 0;
    big = big && text[i] == 0 && text[i + 1] != 0;
  }
  if (little) return Utf16::little_endian;
  return big ? std::optional(Utf16::big_endian) : std::nullopt;
}

void decode_utf16(std::string_view text, Utf16 order, StagedMember& out) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  constexpr std::uint32_t kMark = 0xFEFF;
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<std::uint32_t>(static_cast<unsigned char>(text[at]));
    const auto second = static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + 1]));
    return order == Utf16::little_endian ? second << 8 | first : first << 8 | second;
  };
  std::size_t at = 0;
  for (; at + 1 < text.size() && !out.problem(); at += 2) {
    std::uint32_t point = unit(at);
    if (at == 0 && point == kMark) continue;
    if (point >= 0xD800 && point < 0xE000) {
      const std::uint32_t low = point < 0xDC00 && at + 3 < text.size() ? unit(at + 2) : 0;
      const bool pair = low >= 0xDC00 && low < 0xE000;
      point = pair ? 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00) : kReplacement;
      if (pair) at += 2;
    }
    put_point(point, out);
  }
  if (at < text.size()) put_point(kReplacement, out);
}

std::vector<std::string_view> split_mailbox(std::string_view text) {
  if (!text.starts_with("From ")) return {text};
  std::vector<std::string_view> mails;
  TextLines lines(text, 0, false);
  std::size_t begin = 0;
  std::optional<std::size_t> from;  // The line before starts with "From ".
  while (const auto line = lines.next()) {
    const std::string_view characters = line->of(text);
    const bool full = mails.size() >= kMailsMax;
    if (from && !full && *from > begin && field_name_length(characters)) {
      mails.push_back(text.substr(begin, *from - begin));
      begin = *from;
    }
    from = characters.starts_with("From ") ? std::optional(line->begin) : std::nullopt;
  }
  mails.push_back(text.substr(begin));
  return mails;
}

InnerHeaders find_inner_headers(std::string_view text) {
  InnerHeaders found;
  TextLines lines(text, 0, false);
  std::string_view before;  // The line in front of the current block of fields.
  std::string_view last;    // The line in front of the current one.
  std::size_t block_begin = 0;
  bool in_block = false;
  bool taken = false;
  while (const auto line = lines.next()) {
    const std::string_view characters = line->of(text);
    if (!is_field_or_continued(characters)) {
      in_block = false;
    } else if (!in_block) {
      in_block = true;
      taken = false;
      block_begin = line->begin;
      before = last;
    }
    last = characters;
    if (taken || !in_block || !is_part_field(characters)) continue;
    taken = true;
    if (is_boundary_line(before)) {
      std::string boundary(trim(before.substr(2)));
      if (std::ranges::find(found.boundaries, boundary) != found.boundaries.end()) continue;
      found.too_many = found.boundaries.size() >= kBoundariesMax;
      if (!found.too_many) found.boundaries.push_back(std::move(boundary));
    } else if (found.blocks.size() < kBlocksMax) {
      found.blocks.push_back(block_begin);
    }
  }
  return found;
}

bool looks_like_mail(std::span<const std::byte> content) {
  constexpr std::size_t kBytes = 16U << 10;
  std::string_view text = text_of(content.first(std::min(content.size(), kBytes)));
  const std::filesystem::path nowhere;  // So few bytes need no file.
  StagedMember narrow(nowhere, kBytes * 2);
  std::string copy;
  if (const auto order = utf16_order(text)) {
    decode_utf16(text, *order, narrow);
    if (!narrow.show([&](std::string_view bytes) { copy = bytes; })) return false;
    text = copy;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return starts_as_mail(text);
}

}  // namespace cordon
