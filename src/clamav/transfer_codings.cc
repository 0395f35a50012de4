#include "clamav/transfer_codings.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cordon {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> base64_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr std::array<std::uint8_t, 256> kBase64Digits = base64_digits();

bool is_blank_or_end(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

char byte_of(std::uint32_t value) { return static_cast<char>(value & 0xFFU); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

class Base64Decoder {
 public:
  static constexpr std::size_t kGroup = 4;

  explicit Base64Decoder(StagedMember& out) : out_(out) {}

  /// Whole groups of digits at the beginning of `text`, which is nearly all of it; returns how many
  /// characters they are. Nothing when a group is open.
  std::size_t take_groups(std::string_view text) {
    std::size_t at = 0;
    for (; digits_ == 0 && at + kGroup <= text.size(); at += kGroup) {
      const std::uint32_t a = digit(text[at]);
      const std::uint32_t b = digit(text[at + 1]);
      const std::uint32_t c = digit(text[at + 2]);
      const std::uint32_t d = digit(text[at + 3]);
      if ((a | b | c | d) > 63) break;
      put_group(a << 18 | b << 12 | c << 6 | d);
    }
    return at;
  }

  void take(char c) {
    const std::uint32_t value = digit(c);
    if (value < 64) {
      bits_ = bits_ << 6 | value;
      if (++digits_ < static_cast<int>(kGroup)) return;
      put_group(bits_);
    } else if (c == '=') {
      end_group();
    } else {
      if (!is_blank_or_end(c)) ++skipped_;
      return;
    }
    bits_ = 0;
    digits_ = 0;
  }

  /// Returns how many characters were no base64.
  std::uint64_t finish() {
    end_group();
    flush();
    return skipped_;
  }

 private:
  static std::uint32_t digit(char c) { return kBase64Digits[static_cast<unsigned char>(c)]; }

  void put_group(std::uint32_t bits) {
    piece_[used_++] = byte_of(bits >> 16);
    piece_[used_++] = byte_of(bits >> 8);
    piece_[used_++] = byte_of(bits);
    if (used_ + 3 > piece_.size()) flush();
  }

  /// The bits of a group that is not complete.
  void end_group() {
    if (digits_ == 2) piece_[used_++] = byte_of(bits_ >> 4);
    if (digits_ == 3) {
      piece_[used_++] = byte_of(bits_ >> 10);
      piece_[used_++] = byte_of(bits_ >> 2);
    }
    if (used_ + 3 > piece_.size()) flush();
  }

  void flush() {
    out_.append(std::string_view(piece_.data(), used_));
    used_ = 0;
  }

  StagedMember& out_;
  std::array<char, 12U << 10> piece_{};
  std::size_t used_ = 0;
  std::uint32_t bits_ = 0;
  int digits_ = 0;
  std::uint64_t skipped_ = 0;
};

/// How much of `rest`, which starts behind "=", is a soft end of line: RFC 2045 6.7, rule 5, with
/// the blanks that a relay may have added.
std::size_t soft_end(std::string_view rest) {
  std::size_t at = 0;
  while (at < rest.size() && (rest[at] == ' ' || rest[at] == '\t')) ++at;
  if (at == rest.size()) return at;
  if (rest.substr(at, 2) == "\r\n") return at + 2;
  return rest[at] == '\n' || rest[at] == '\r' ? at + 1 : 0;
}

}  // namespace

std::uint64_t decode_base64(std::string_view text, StagedMember& out) {
  Base64Decoder decoder(out);
  while (!text.empty() && !out.problem()) {
    text.remove_prefix(decoder.take_groups(text));
    const std::string_view odd = text.substr(0, Base64Decoder::kGroup);
    for (const char c : odd) decoder.take(c);
    text.remove_prefix(odd.size());
  }
  return decoder.finish();
}

void decode_quoted_printable(std::string_view text, StagedMember& out) {
  while (!text.empty() && !out.problem()) {
    const std::size_t plain = std::min(text.find('='), text.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    text.remove_prefix(1);
    const int high = text.size() < 2 ? -1 : hex_digit(text[0]);
    const int low = text.size() < 2 ? -1 : hex_digit(text[1]);
    if (high >= 0 && low >= 0) {
      out.put(static_cast<char>(high * 16 + low));
      text.remove_prefix(2);
    } else if (const std::size_t end = soft_end(text); end > 0 || text.empty()) {
      text.remove_prefix(end);
    } else {
      out.put('=');
    }
  }
}

bool decode_chunks(std::string_view body, StagedMember& out) {
  for (;;) {
    std::uint64_t size = 0;
    std::size_t at = 0;
    for (; at < body.size() && at < 15 && hex_digit(body[at]) >= 0; ++at) {
      size = size * 16 + static_cast<std::uint64_t>(hex_digit(body[at]));
    }
    const std::size_t end = body.find('\n', at);
    if (at == 0 || end == std::string_view::npos) return false;
    if (size == 0) return true;
    body.remove_prefix(end + 1);
    if (size > body.size()) return false;
    out.append(body.substr(0, static_cast<std::size_t>(size)));
    body.remove_prefix(static_cast<std::size_t>(size));
    if (body.starts_with('\r')) body.remove_prefix(1);
    if (!body.starts_with('\n')) return false;
    body.remove_prefix(1);
  }
}

}  // namespace cordon
