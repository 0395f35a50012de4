#include "settings/text_rules.h"

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

bool all(std::string_view text, bool (*accepts)(char)) {
  return std::all_of(text.begin(), text.end(), accepts);
}

bool has_control_characters(std::string_view text) {
  return !all(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// Buckets older than 2018 may have longer names with capitals and underscores.
bool is_bucket(std::string_view text) {
  return text.size() >= 3 && text.size() <= 255 && all(text, [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_region(std::string_view text) {
  return !text.empty() && all(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_tag_key(std::string_view text) {
  const bool letters = all(text, [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view(" +-=._:/@").find(c) != std::string_view::npos;
  });
  // S3 keeps names with `aws:` to itself, and cuts spaces at the ends.
  return !text.empty() && letters && trim(text) == text && !lower(text).starts_with("aws:");
}

bool is_destination(std::string_view text) {
  const std::size_t slash = text.find('/');
  return is_bucket(text.substr(0, slash)) && !has_control_characters(text);
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && all(text, [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool is_signature(std::string_view text) { return !text.empty() && !has_control_characters(text); }

// parse_rfc3339 also takes times without a zone, which everybody reads in their own.
bool is_time(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || !parse_rfc3339(text)) return false;
  const char sign = text[text.size() - 6];
  return text.back() == 'Z' || sign == '+' || sign == '-';
}

bool is_interval(std::string_view text) {
  if (text == "off") return true;
  if (text.size() < 2 || text.size() > 4 || text.back() != 'h' || text.front() == '0') return false;
  return parse_u64(text.substr(0, text.size() - 1)).has_value();
}

bool is_age(std::string_view text) {
  if (text == "off") return true;
  if (text.size() < 2 || text.size() > 4 || text.front() == '0') return false;
  return (text.back() == 'h' || text.back() == 'd') &&
         parse_u64(text.substr(0, text.size() - 1)).has_value();
}

}  // namespace

const TextRule& bucket_rule() {
  static const TextRule rule{"a bucket's name (3 to 255 letters, digits, '.', '_', '-')",
                             "^[A-Za-z0-9._-]{3,255}$", 255, is_bucket};
  return rule;
}

const TextRule& region_rule() {
  static const TextRule rule{"a region, such as eu-west-1", "^[a-z0-9-]{1,32}$", 32, is_region};
  return rule;
}

const TextRule& tag_key_rule() {
  static const TextRule rule{
      "a tag's key (1 to 128 letters, digits, spaces and + - = . _ : / @; not aws:...)",
      "^(?![aA][wW][sS]:)(?! )[A-Za-z0-9 +=._:/@-]{1,128}(?<! )$", kTagKeyCharsMax, is_tag_key};
  return rule;
}

const TextRule& glob_rule() {
  static const TextRule rule{"a pattern of 1 to 1,024 bytes", "^[\\s\\S]+$", kKeyBytesMax,
                             [](std::string_view text) { return !text.empty(); }};
  return rule;
}

const TextRule& key_prefix_rule() {
  static const TextRule rule{"the beginning of a key, at most 1,024 bytes", "", kKeyBytesMax,
                             [](std::string_view) { return true; }};
  return rule;
}

const TextRule& destination_rule() {
  static const TextRule rule{"a destination, \"bucket\" or \"bucket/prefix\"",
                             "^[A-Za-z0-9._-]{3,255}(/[^\\u0000-\\u001f\\u007f]*)?$", kKeyBytesMax,
                             is_destination};
  return rule;
}

const TextRule& sha256_rule() {
  static const TextRule rule{"a SHA-256 (64 hexadecimal digits)", "^[0-9a-fA-F]{64}$", 64,
                             is_sha256};
  return rule;
}

const TextRule& signature_rule() {
  static const TextRule rule{"a signature's name, as the engine tells it",
                             "^[^\\u0000-\\u001f\\u007f]+$", 256, is_signature};
  return rule;
}

const TextRule& time_rule() {
  static const TextRule rule{"a time with its zone, such as 2027-01-31T12:00:00Z",
                             "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|"
                             "[+-][0-9]{2}:[0-9]{2})$",
                             40, is_time};
  return rule;
}

const TextRule& interval_rule() {
  static const TextRule rule{"\"off\", or hours such as \"24h\" (1 to 999)",
                             "^(off|[1-9][0-9]{0,2}h)$", 4, is_interval};
  return rule;
}

const TextRule& age_rule() {
  static const TextRule rule{"\"off\", or hours or days such as \"12h\" or \"90d\" (1 to 999)",
                             "^(off|[1-9][0-9]{0,2}[hd])$", 4, is_age};
  return rule;
}

}  // namespace cordon
