#include "clamav/armored_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "clamav/cms_der.h"
#include "clamav/layer_bytes.h"
#include "clamav/locked_files.h"
#include "clamav/openpgp_packets.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::string_view kBegin = "-----BEGIN ";
/// Of one block: the keys of some 2,000 recipients of an OpenPGP message.
constexpr std::size_t kDecodedBytesMax = 1U << 20;
constexpr std::string_view kSpace = " \t";
constexpr std::size_t kQuoteBytesMax = 32;

constexpr std::string_view kOpenPgp = "OpenPGP message";
constexpr std::string_view kCms = "CMS message (S/MIME)";
constexpr std::string_view kAge = "age file";
constexpr std::string_view kOpenSsl = "OpenSSL file";

/// The next line from `text`, without its end ("\n", "\r\n", "\r"); `text` is then what follows.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return line;
}

std::string_view without_end_spaces(std::string_view line) {
  const std::size_t last = line.find_last_not_of(kSpace);
  return last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
}

constexpr std::array<std::int8_t, 256> digits_of_base64() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return digits;
}
constexpr std::array<std::int8_t, 256> kDigits = digits_of_base64();

int digit_of(char c) { return kDigits[static_cast<unsigned char>(c)]; }

/// Adds line by line; what decodes is kept up to the bound.
class Decoder {
 public:
  bool is_full() const { return bytes_.size() >= kDecodedBytesMax; }
  Bytes bytes() const { return bytes_; }

  /// False when the line is not one of base64 alone: the block ends in front of it.
  bool add(std::string_view line) {
    if (line.empty() || digit_of(line.front()) < 0) return false;
    for (std::size_t i = 0; i < line.size() && !is_full(); ++i) {
      const int digit = digit_of(line[i]);
      if (digit < 0) return is_ending(line.substr(i));
      value_ = (value_ << 6U | static_cast<std::uint32_t>(digit)) & 0xFFFFFFU;
      if (++digits_ % 4 != 1) {
        bytes_.push_back(static_cast<std::byte>(value_ >> (6 - 2 * ((digits_ - 1) % 4)) & 0xFFU));
      }
    }
    return true;
  }

 private:
  /// The padding, also as quoted-printable writes it (RFC 2045 6.7).
  static bool is_ending(std::string_view rest) {
    return rest == "=" || rest == "==" || rest == "=3D" || rest == "=3D=3D";
  }

  std::vector<std::byte> bytes_;
  std::uint32_t value_ = 0;
  std::uint32_t digits_ = 0;
};

/// How a reply quotes.
bool is_quote(char c) { return c == '>' || c == ' ' || c == '\t'; }

/// What stands in front of a mark that begins with a dash, if that is nothing but quoting, or how a
/// signed text escapes a line that begins with one (RFC 9580 7.2). Nothing when no dash follows.
std::optional<std::string_view> quote_of(std::string_view line) {
  std::size_t size = 0;
  while (size < std::min(line.size(), kQuoteBytesMax) && is_quote(line[size])) ++size;
  if (size == line.size() || line[size] != '-') return std::nullopt;
  return line.substr(0, size + (line.substr(size).starts_with("- -") ? 2 : 0));
}

std::string_view without_quote(std::string_view line, std::string_view quote) {
  // Editors cut the space at the end of a quoted empty line.
  if (line.starts_with(quote)) return line.substr(quote.size());
  return line == without_end_spaces(quote) ? std::string_view() : line;
}

/// RFC 9580 6.2.2: lines "Key: value" and an empty one stand in front of the data.
bool is_armor_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         line.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == colon;
}

Decoder decode_block(std::string_view text, std::string_view quote) {
  Decoder decoder;
  bool in_data = false;
  while (!text.empty() && !decoder.is_full()) {
    const std::string_view line = without_end_spaces(without_quote(take_line(text), quote));
    const bool may_precede = !in_data && (line.empty() || is_armor_header(line));
    if (may_precede) continue;
    if (!decoder.add(line)) break;
    in_data = true;
  }
  return decoder;
}

std::optional<std::string_view> locked_label(std::string_view label, Bytes content) {
  if (label.starts_with("PGP MESSAGE")) {
    return is_locked_openpgp(content) ? std::optional(kOpenPgp) : std::nullopt;
  }
  if (label == "AGE ENCRYPTED FILE") {
    return begins_with(content, "age-encryption.org/v1\n-> ") ? std::optional(kAge) : std::nullopt;
  }
  return is_locked_cms(content) ? std::optional(kCms) : std::nullopt;
}

/// The block that begins with the line in front of `text`.
std::optional<std::string_view> locked_block(std::string_view text) {
  const std::optional<std::string_view> quote = quote_of(text);
  if (!quote) return std::nullopt;
  text.remove_prefix(quote->size());
  if (!text.starts_with(kBegin)) return std::nullopt;
  text.remove_prefix(kBegin.size());
  std::string_view label = without_end_spaces(take_line(text));
  if (!label.ends_with("-----") || label.size() > 80) return std::nullopt;
  label.remove_suffix(5);
  return locked_label(label, decode_block(text, *quote).bytes());
}

/// True when the text begins at `at`, or an empty line ends there.
bool begins_part(std::string_view text, std::size_t at) {
  std::string_view before = text.substr(0, at);
  if (before.size() <= 4 && before.find_first_not_of("\xEF\xBB\xBF\r\n \t"sv) == before.npos) {
    return true;
  }
  int lines = 0;
  while (!before.empty() && lines < 2) {
    const char last = before.back();
    if (last == '\n') {
      ++lines;
      before.remove_suffix(before.ends_with("\r\n") ? 2 : 1);
    } else if (last == '\r') {
      ++lines;
      before.remove_suffix(1);
    } else if (last == ' ' || last == '\t') {
      if (lines == 0) return false;
      before.remove_suffix(1);
    } else {
      break;
    }
  }
  return lines == 2 || before.empty();
}

/// What base64 has at or near its beginning when it holds content of one kind.
struct BareMark {
  std::size_t distance;
  std::string_view text;
  std::string_view name;
  bool (*is_locked)(Bytes);
};

// The types of CMS begin with 1.2.840.113549.1. How that reads in base64 depends on the head in
// front of it: of 4 bytes, of 2 or 5, of 6.
constexpr std::array kBareMarks = {
    BareMark{0, "U2FsdGVkX1", kOpenSsl, &is_salted_file},
    BareMark{8, "KoZIhvcN", kCms, &is_locked_cms},
    BareMark{6, "qGSIb3DQ", kCms, &is_locked_cms},
    BareMark{10, "qGSIb3DQ", kCms, &is_locked_cms},
    BareMark{12, "hkiG9w0B", kCms, &is_locked_cms},
};

/// The base64 that begins at `at`, which is where a line does.
std::optional<std::string_view> locked_bare(std::string_view text, std::size_t at) {
  for (const BareMark& mark : kBareMarks) {
    if (text.substr(at).size() < mark.distance) continue;
    if (!text.substr(at + mark.distance).starts_with(mark.text) || !begins_part(text, at)) continue;
    if (mark.is_locked(decode_block(text.substr(at), "").bytes())) return mark.name;
  }
  return std::nullopt;
}

std::optional<std::string_view> locked_line(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  switch (text[at]) {
    case '-':
    case '>':
    case ' ':
    case '\t':
      return locked_block(text.substr(at));
    case 'M':
    case 'U':
      return locked_bare(text, at);
    default:
      return std::nullopt;
  }
}

/// Lines that end with a carriage return alone, in [begin, end).
std::optional<std::string_view> locked_behind_returns(std::string_view text, std::size_t begin,
                                                      std::size_t end) {
  const std::string_view piece = text.substr(0, end);
  for (std::size_t at = begin; (at = piece.find('\r', at)) != std::string_view::npos;) {
    ++at;
    if (auto name = locked_line(text, at)) return name;
  }
  return std::nullopt;
}

/// From line to line: that is one call of the C library for each, and the fastest search there is
/// for marks that stand only where lines begin. What is short for a line holds no others.
std::optional<std::string_view> locked_in(std::string_view text) {
  constexpr std::size_t kLineBytes = 128;
  std::size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (begin < text.size()) {
    if (auto name = locked_line(text, begin)) return name;
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end - begin > kLineBytes) {
      if (auto name = locked_behind_returns(text, begin, end)) return name;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

/// The text of UTF-16 with a byte order mark, other characters than ASCII replaced.
std::optional<std::string> from_utf16(Bytes layer) {
  constexpr std::size_t kBytesMax = 64U << 20;
  const bool little = begins_with(layer, "\xFF\xFE");
  if (!little && !begins_with(layer, "\xFE\xFF")) return std::nullopt;
  std::string text;
  text.reserve(std::min(layer.size(), kBytesMax) / 2);
  for (std::size_t at = 2; at + 1 < std::min(layer.size(), kBytesMax); at += 2) {
    const auto unit =
        little ? little_endian<std::uint16_t>(layer, at) : big_endian<std::uint16_t>(layer, at);
    text.push_back(unit < 0x80 ? static_cast<char>(unit) : '?');
  }
  return text;
}

}  // namespace

std::optional<std::string_view> locked_in_text(Bytes layer) {
  if (const auto text = from_utf16(layer)) return locked_in(*text);
  return locked_in(as_text(layer));
}

}  // namespace cordon
