#include "clamav/text_encodings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text.h"
#include "clamav/armour.h"
#include "clamav/binhex.h"
#include "clamav/cms_content.h"
#include "clamav/openpgp_content.h"
#include "clamav/text_lines.h"
#include "clamav/transfer_codings.h"

// Sources: POSIX.1-2017, uuencode; the yEnc draft 1.3; RFC 1741 (BinHex 4.0); RFC 9580 section 6
// and RFC 7468 for the armours.

namespace cordon {
namespace {

using std::string_view_literals::operator""sv;

/// At the clock.
constexpr std::size_t kLinesPerLook = 256;
constexpr std::string_view kYencBegin = "=ybegin ";
constexpr std::string_view kBinHexBegin = "(This file must be converted with BinHex";

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// "begin 644 name", "begin-base64 644 name".
bool begins_uuencode(std::string_view line, std::string_view keyword) {
  if (!line.starts_with(keyword)) return false;
  line.remove_prefix(keyword.size());
  return line.size() >= 5 && std::all_of(line.begin(), line.begin() + 3, is_octal) &&
         (line[3] == ' ' || is_octal(line[3]));
}

/// One line of up to 45 bytes; characters that a mail program cut from its end count as blanks.
/// False: this is no such line.
bool decode_uu_line(std::string_view line, StagedMember& out) {
  const auto digit = [&](std::size_t at) {
    const char c = at < line.size() ? line[at] : ' ';
    return static_cast<std::uint32_t>(static_cast<unsigned char>(c) - ' ') & 0x3FU;
  };
  if (line.empty() || line[0] < ' ' || line[0] > '`') return false;
  std::size_t left = digit(0);
  if (left == 0) return true;
  for (std::size_t at = 1; left > 0; at += 4) {
    const std::uint32_t bits =
        digit(at) << 18 | digit(at + 1) << 12 | digit(at + 2) << 6 | digit(at + 3);
    for (int shift = 16; shift >= 0 && left > 0; shift -= 8, --left) {
      out.put(static_cast<char>(bits >> shift & 0xFFU));
    }
  }
  return true;
}

void read_uuencode(std::string_view text, TextLines& lines, MemberFeed& feed) {
  StagedMember out = feed.staged();
  while (const auto line = lines.next()) {
    const std::string_view content = line->of(text);
    if (content.starts_with("end") && trim(content) == "end") break;
    if (!content.empty() && !decode_uu_line(content, out)) break;
    if (out.problem()) break;
  }
  feed.give(out);
}

void read_uu_base64(std::string_view text, std::size_t from, TextLines& lines, MemberFeed& feed) {
  std::size_t end = text.size();
  while (const auto line = lines.next()) {
    if (!line->of(text).starts_with("====")) continue;
    end = line->begin;
    break;
  }
  StagedMember out = feed.staged();
  decode_base64(text.substr(from, end - from), out);
  feed.give(out);
}

void decode_yenc_line(std::string_view line, StagedMember& out) {
  if (line.starts_with("..")) line.remove_prefix(1);  // As news servers double it.
  bool escaped = false;
  for (const char c : line) {
    if (c == '=' && !escaped) {
      escaped = true;
      continue;
    }
    out.put(static_cast<char>(static_cast<unsigned char>(c) - 42U - (escaped ? 64U : 0U)));
    escaped = false;
  }
}

void read_yenc(std::string_view begin, std::string_view text, TextLines& lines, MemberFeed& feed) {
  if (begin.find(" part=") != std::string_view::npos &&
      begin.find(" total=1 ") == std::string_view::npos) {
    feed.report(Reason::unsupported, "a yEnc part that continues in another mail");
  }
  StagedMember out = feed.staged();
  while (const auto line = lines.next()) {
    const std::string_view content = line->of(text);
    if (content.starts_with("=yend")) break;
    if (!content.starts_with("=ypart ")) decode_yenc_line(content, out);
    if (out.problem()) break;
  }
  feed.give(out);
}

void read_armour(std::string_view rest, MemberFeed& feed) {
  const UseMember pass_on = [&](std::span<const std::byte> member) {
    feed.give(text_of(member));
    return feed.wants_more();
  };
  const bool openpgp = rest.starts_with("-----BEGIN PGP ");
  const Unpacking read =
      openpgp
          ? read_openpgp_content(as_bytes_of(rest), feed.temp_directory(), feed.limits(), pass_on)
          : read_cms_content(as_bytes_of(rest), feed.temp_directory(), feed.limits(), pass_on);
  // Armour that only looks like one is text, which is scanned as such.
  if (read.problem && read.problem->reason != Reason::unsupported) {
    feed.report(read.problem->reason, read.problem->message);
  }
}

}  // namespace

void read_text_encodings(std::string_view text, MemberFeed& feed) {
  TextLines lines(text, 0, false);
  std::size_t count = 0;
  while (const auto found = lines.next()) {
    if (++count % kLinesPerLook == 0 && !feed.wants_more()) return;
    const std::string_view line = found->of(text);
    if (line.size() < 8) continue;
    if (line[0] == 'b') {
      if (begins_uuencode(line, "begin "sv)) read_uuencode(text, lines, feed);
      if (begins_uuencode(line, "begin-base64 "sv)) read_uu_base64(text, found->next, lines, feed);
    } else if (line.starts_with(kYencBegin)) {
      read_yenc(line, text, lines, feed);
    } else if (line.starts_with(kBinHexBegin)) {
      read_binhex(text.substr(found->next), feed);
    } else if (begins_armour(line)) {
      read_armour(text.substr(found->begin), feed);
    }
  }
}

Unpacking read_encoded_text(std::span<const std::byte> content,
                            const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                            const UseMember& use) {
  MemberFeed feed(limits, temp_directory, use);
  read_text_encodings(text_of(content), feed);
  return feed.result();
}

bool looks_like_encoded_text(std::span<const std::byte> content) {
  constexpr std::size_t kBytes = 4096;
  const std::string_view text = text_of(content.first(std::min(content.size(), kBytes)));
  TextLines lines(text, 0, false);
  while (const auto found = lines.next()) {
    const std::string_view line = found->of(text);
    if (begins_uuencode(line, "begin "sv) || begins_uuencode(line, "begin-base64 "sv) ||
        line.starts_with(kYencBegin) || line.starts_with(kBinHexBegin) || begins_armour(line)) {
      return true;
    }
  }
  return false;
}

void read_base64_blocks(std::string_view text, MemberFeed& feed) {
  constexpr std::size_t kFirstLineMin = 57;
  constexpr std::size_t kBlockMin = 256;
  std::optional<std::size_t> begin;
  std::size_t end = 0;
  const auto finish = [&] {
    if (begin && end - *begin >= kBlockMin) {
      StagedMember out = feed.staged();
      decode_base64(text.substr(*begin, end - *begin), out);
      feed.give(out);
    }
    begin.reset();
  };
  TextLines lines(text, 0, false);
  std::size_t count = 0;
  while (const auto line = lines.next()) {
    if (++count % kLinesPerLook == 0 && !feed.wants_more()) return;
    const std::string_view characters = line->of(text);
    if (characters.empty() || !std::ranges::all_of(characters, is_base64)) {
      finish();
    } else if (begin || characters.size() >= kFirstLineMin) {
      if (!begin) begin = line->begin;
      end = line->next;
    }
  }
  finish();
}

}  // namespace cordon
