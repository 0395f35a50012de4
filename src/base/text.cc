#include "base/text.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace cordon {
namespace {

constexpr std::string_view kHexLower = "0123456789abcdef";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string base64_with(std::string_view alphabet, std::span<const std::byte> bytes, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < n ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      if (j <= n) {
        out.push_back(alphabet[group >> (18 - 6 * j) & 63]);
      } else if (pad) {
        out.push_back('=');
      }
    }
  }
  return out;
}

Result<std::string> decode_percent(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Error{Errc::invalid, "a % is not followed by two hex digits"};
      out.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    }
  }
  return out;
}

std::tm utc(SystemTime time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

std::string formatted(SystemTime time, const char* format) {
  const std::tm parts = utc(time);
  std::array<char, 64> buffer{};
  return std::string(buffer.data(), std::strftime(buffer.data(), buffer.size(), format, &parts));
}

// Reads exactly `digits` decimal digits at the front of `text`.
std::optional<int> take_int(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::chrono::nanoseconds take_fraction(std::string_view& text) {
  std::int64_t nanos = 0;
  std::int64_t unit = 100'000'000;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    nanos += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return std::chrono::nanoseconds(nanos);
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (text.empty()) return std::chrono::minutes(0);
  if (take_char(text, "Zz")) return std::chrono::minutes(0);
  const bool minus = text.front() == '-';
  if (!take_char(text, "+-")) return std::nullopt;
  const auto hours = take_int(text, 2);
  take_char(text, ":");
  const auto minutes = take_int(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return minus ? -offset : offset;
}

// Length of the well-formed UTF-8 character at the front, 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  if (text.empty()) return 0;
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;  // overlong
    if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

// Of one well-formed character.
char32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  char32_t value = first & (0xFFU >> (character.size() + 1));
  for (const char c : character.substr(1)) {
    value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return value;
}

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::string_view kReplacementText = "\xEF\xBF\xBD";

void append_escape(std::string& out, std::uint32_t unit) {
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", unit);
  out += escape.data();
}

}  // namespace

std::string hex(std::span<const std::byte> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out.push_back(kHexLower[std::to_integer<unsigned>(b) >> 4]);
    out.push_back(kHexLower[std::to_integer<unsigned>(b) & 15U]);
  }
  return out;
}

Result<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return Error{Errc::invalid, "hex text of odd length"};
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return Error{Errc::invalid, "not a hex digit"};
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

std::string base64(std::span<const std::byte> bytes) { return base64_with(kBase64, bytes, true); }
std::string base64url(std::span<const std::byte> bytes) {
  return base64_with(kBase64Url, bytes, false);
}

Result<std::string> unbase64(std::string_view text) {
  if (text.size() % 4 != 0) return Error{Errc::invalid, "base64 text is not a multiple of 4 long"};
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    std::size_t pads = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const char c = text[i + j];
      const std::size_t value = kBase64.find(c);
      if (c == '=' && i + 4 == text.size() && j >= 2) {
        ++pads;
      } else if (value == std::string_view::npos || pads > 0) {
        return Error{Errc::invalid, "not a base64 character"};
      }
      group = group << 6 | (c == '=' ? 0 : static_cast<std::uint32_t>(value));
    }
    for (std::size_t j = 0; j + pads < 3; ++j) {
      out.push_back(static_cast<char>(group >> (16 - 8 * j) & 0xFFU));
    }
  }
  return out;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size() + 16);
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved || (c == '/' && keep_slash)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHexUpper[byte >> 4]);
      out.push_back(kHexUpper[byte & 15U]);
    }
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) { return decode_percent(text, false); }
Result<std::string> form_decode(std::string_view text) { return decode_percent(text, true); }

std::string rfc3339_ms(SystemTime time) {
  const auto floored = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto ms = (floored.time_since_epoch() % std::chrono::seconds(1) + std::chrono::seconds(1)) %
                  std::chrono::seconds(1);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(ms.count()));
  return formatted(time, "%Y-%m-%dT%H:%M:%S") + fraction.data();
}

std::string rfc3339_s(SystemTime time) { return formatted(time, "%Y-%m-%dT%H:%M:%SZ"); }
std::string iso8601_basic(SystemTime time) { return formatted(time, "%Y%m%dT%H%M%SZ"); }

std::string http_date(SystemTime time) {
  // Not strftime's %a and %b, which follow the locale.
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm parts = utc(time);
  return std::string(kDays[static_cast<std::size_t>(parts.tm_wday)]) + formatted(time, ", %d ") +
         kMonths[static_cast<std::size_t>(parts.tm_mon)] + formatted(time, " %Y %H:%M:%S GMT");
}

namespace {

struct CivilTime {
  int year, month, day, hour, minute, second;
};

std::optional<SystemTime> to_time(const CivilTime& t) {
  const std::chrono::year_month_day date(std::chrono::year(t.year),
                                         std::chrono::month(static_cast<unsigned>(t.month)),
                                         std::chrono::day(static_cast<unsigned>(t.day)));
  // Years that a 64-bit nanosecond clock can hold with room to spare.
  if (!date.ok() || t.year < 1700 || t.year > 2200) return std::nullopt;
  if (t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(t.hour) + std::chrono::minutes(t.minute) +
         std::chrono::seconds(t.second);
}

}  // namespace

Result<SystemTime> parse_rfc3339(std::string_view text) {
  const Error wrong{Errc::invalid, "not an RFC 3339 time"};
  const auto year = take_int(text, 4);
  const bool dash1 = take_char(text, "-");
  const auto month = take_int(text, 2);
  const bool dash2 = take_char(text, "-");
  const auto day = take_int(text, 2);
  const bool separator = take_char(text, "Tt ");
  const auto hour = take_int(text, 2);
  const bool colon1 = take_char(text, ":");
  const auto minute = take_int(text, 2);
  const bool colon2 = take_char(text, ":");
  const auto second = take_int(text, 2);
  if (!year || !month || !day || !hour || !minute || !second) return wrong;
  if (!dash1 || !dash2 || !separator || !colon1 || !colon2) return wrong;
  std::chrono::nanoseconds fraction{0};
  if (take_char(text, ".")) fraction = take_fraction(text);
  const auto offset = take_offset(text);
  const auto time = to_time({*year, *month, *day, *hour, *minute, *second});
  if (!offset || !text.empty() || !time) return wrong;
  return *time + std::chrono::duration_cast<SystemTime::duration>(fraction) - *offset;
}

Result<SystemTime> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const Error wrong{Errc::invalid, "not an HTTP date"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return wrong;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  std::string_view day_text = text.substr(5, 2);
  std::string_view year_text = text.substr(12, 4);
  std::string_view hour_text = text.substr(17, 2);
  std::string_view minute_text = text.substr(20, 2);
  std::string_view second_text = text.substr(23, 2);
  const auto day = take_int(day_text, 2);
  const auto year = take_int(year_text, 4);
  const auto hour = take_int(hour_text, 2);
  const auto minute = take_int(minute_text, 2);
  const auto second = take_int(second_text, 2);
  if (month == std::string_view::npos || month % 3 != 0) return wrong;
  if (!day || !year || !hour || !minute || !second) return wrong;
  const auto time =
      to_time({*year, static_cast<int>(month / 3 + 1), *day, *hour, *minute, *second});
  if (!time) return wrong;
  return *time;
}

std::string ulid(SystemTime now, Random& random) {
  constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  auto ms = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
  std::string out(26, '0');
  for (std::size_t i = 10; i-- > 0; ms >>= 5) out[i] = kCrockford[ms & 31U];
  std::uint64_t bits = random.next();
  for (std::size_t i = 10; i < 18; ++i, bits >>= 5) out[i] = kCrockford[bits & 31U];
  bits = random.next();
  for (std::size_t i = 18; i < 26; ++i, bits >>= 5) out[i] = kCrockford[bits & 31U];
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string utf8_clean(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    const std::string_view piece = n == 0 ? kReplacementText : text.substr(0, n);
    if (out.size() + piece.size() > bytes_max) break;
    out += piece;
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

char32_t take_character(std::string_view& text) {
  const std::size_t n = utf8_length(text);
  const char32_t character = n == 0 ? kReplacement : code_point(text.substr(0, n));
  text.remove_prefix(n == 0 ? 1 : n);
  return character;
}

bool is_plain_to_show(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return false;
  // Marks, embeddings, overrides and isolates of direction; separators of lines and paragraphs.
  const bool turns = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                     (c >= 0x2066 && c <= 0x2069);
  // A byte order mark shows nothing, and noncharacters are nobody's.
  const bool is_no_text = c == 0xFEFF || (c & 0xFFFEU) == 0xFFFEU || (c >= 0xFDD0 && c <= 0xFDEF);
  return !turns && !is_no_text && c != 0x2028 && c != 0x2029;
}

std::string shown(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t character = take_character(text);
    const bool is_plain = character != kReplacement && is_plain_to_show(character);
    const std::string_view piece =
        is_plain ? before.substr(0, before.size() - text.size()) : kReplacementText;
    if (out.size() + piece.size() > bytes_max) break;
    out += piece;
  }
  return out;
}

std::string ascii_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const char32_t character = take_character(json);
    if (character < 0x80) {
      out.push_back(static_cast<char>(character));
    } else if (character < 0x10000) {
      append_escape(out, static_cast<std::uint32_t>(character));
    } else {
      const auto rest = static_cast<std::uint32_t>(character - 0x10000);
      append_escape(out, 0xD800U + (rest >> 10U));
      append_escape(out, 0xDC00U + (rest & 0x3FFU));
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::uint64_t> parse_u64(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace cordon
