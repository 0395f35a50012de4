#include "clamav/cms_der.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "clamav/layer_bytes.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

/// X.690 8.1.2: the identifiers that are read here.
enum Asn1 : unsigned {
  kInteger = 0x02,
  kOctets = 0x04,
  kOid = 0x06,
  kOctetsInParts = 0x24,
  kSequence = 0x30,
  kSet = 0x31,
  kContent = 0xA0,  ///< [0], constructed.
};

/// RFC 5652 section 14, RFC 5083 and RFC 2315 as X.690 writes them.
constexpr std::string_view kData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"sv;
constexpr std::string_view kSignedData = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv;
constexpr std::array kLockedTypes = {
    "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03"sv,          // enveloped
    "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x04"sv,          // signed and enveloped
    "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06"sv,          // encrypted
    "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17"sv,  // authenticated-enveloped
};
/// The password-based schemes of PKCS #5 and PKCS #12 begin with these.
constexpr std::array kKeyLocks = {"\x2A\x86\x48\x86\xF7\x0D\x01\x05"sv,
                                  "\x2A\x86\x48\x86\xF7\x0D\x01\x0C\x01"sv};
constexpr std::uint64_t kKeyBytesMax = 64U << 10;

struct Element {
  unsigned type = 0;
  std::uint64_t bytes = 0;  ///< Declared; meaningless when there is no length.
  bool no_length = false;   ///< X.690 8.1.3.6: it ends with two zero bytes.
  Bytes inside = {};        ///< What is there of it, and of what follows when it has no length.
  Bytes behind = {};        ///< Empty when that is not known.
};

/// Only identifiers of one byte: the formats read here use no others where they are looked at.
std::optional<Element> element_at(Bytes bytes) {
  if (bytes.size() < 2) return std::nullopt;
  Element element{.type = std::to_integer<unsigned>(bytes[0])};
  const auto first = std::to_integer<unsigned>(bytes[1]);
  std::size_t head = 2;
  if (first < 0x80) {
    element.bytes = first;
  } else if (first == 0x80) {
    element.no_length = true;
  } else {
    const std::size_t count = first & 0x7FU;
    if (count > 8 || bytes.size() < 2 + count) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
      element.bytes = element.bytes << 8U | std::to_integer<unsigned>(bytes[2 + i]);
    }
    head += count;
  }
  const Bytes rest = bytes.subspan(head);
  const bool whole = !element.no_length && element.bytes <= rest.size();
  element.inside = whole ? rest.first(static_cast<std::size_t>(element.bytes)) : rest;
  if (whole) element.behind = rest.subspan(element.inside.size());
  return element;
}

/// The next element of `bytes`, which must be of this type; `bytes` is then what follows it.
std::optional<Element> take(Bytes& bytes, unsigned type) {
  std::optional<Element> element = element_at(bytes);
  if (!element || element->type != type) return std::nullopt;
  bytes = element->behind;
  return element;
}

/// What follows the element at the beginning, also when it has no length and holds such ones.
Bytes behind_element(Bytes bytes) {
  std::size_t open = 0;
  do {
    const auto element = element_at(bytes);
    if (!element) return {};
    const bool ends_one = open > 0 && element->type == 0 && element->bytes == 0;
    if (element->no_length) {
      ++open;
      bytes = element->inside;
      continue;
    }
    if (ends_one) --open;
    bytes = element->behind;
  } while (open > 0 && !bytes.empty());
  return bytes;
}

bool is_type(const Element& oid, std::string_view type) {
  return oid.inside.size() == type.size() && begins_with(oid.inside, type);
}

bool is_locked_type(const Element& oid) {
  return std::ranges::any_of(kLockedTypes,
                             [&](std::string_view type) { return is_type(oid, type); });
}

/// What stands in the content of a locked type: a version and a set, a list or another version.
bool is_locked_content(Bytes content) {
  const auto fields = take(content, kSequence);
  if (!fields) return false;
  Bytes rest = fields->inside;
  const auto version = take(rest, kInteger);
  if (!version || version->inside.size() != 1 ||
      std::to_integer<unsigned>(version->inside[0]) > 9) {
    return false;
  }
  const auto next = element_at(rest);
  return next && (next->type == kSet || next->type == kSequence || next->type == kContent);
}

/// RFC 5652 5.1: signed data names the type of what was signed.
bool signs_locked_content(Bytes content) {
  const auto fields = take(content, kSequence);
  if (!fields) return false;
  Bytes rest = fields->inside;
  if (!take(rest, kInteger) || !take(rest, kSet)) return false;
  const auto signed_content = take(rest, kSequence);
  if (!signed_content) return false;
  Bytes inside = signed_content->inside;
  const auto type = take(inside, kOid);
  return type && is_locked_type(*type) && !inside.empty();
}

/// RFC 5652 section 3, its fields: a type and, in [0], the content.
bool is_locked_content_info(Bytes fields) {
  const auto type = take(fields, kOid);
  if (!type) return false;
  const auto content = take(fields, kContent);
  if (!content) return false;
  if (is_locked_type(*type)) return is_locked_content(content->inside);
  return is_type(*type, kSignedData) && signs_locked_content(content->inside);
}

/// X.690 8.7.3: an octet string may be written in parts, which together are its content.
std::vector<std::byte> joined_octets(Bytes bytes) {
  constexpr std::size_t kJoinedBytesMax = 4U << 20;
  std::vector<std::byte> joined;
  const auto outer = element_at(bytes);
  if (!outer) return joined;
  if (outer->type == kOctets) joined.assign(outer->inside.begin(), outer->inside.end());
  if (outer->type != kOctetsInParts) return joined;
  Bytes parts = outer->inside;
  while (const auto part = take(parts, kOctets)) {
    if (part->inside.size() > kJoinedBytesMax - joined.size()) break;
    joined.insert(joined.end(), part->inside.begin(), part->inside.end());
  }
  return joined;
}

/// RFC 7292 section 4: version 3, then a list of content infos inside of one of type data.
bool is_locked_key_store(Bytes fields) {
  const auto version = take(fields, kInteger);
  if (!version || version->inside.size() != 1 || version->inside[0] != std::byte{3}) return false;
  const auto info = take(fields, kSequence);
  if (!info) return false;
  Bytes rest = info->inside;
  const auto type = take(rest, kOid);
  if (!type || !is_type(*type, kData)) return false;
  const auto content = take(rest, kContent);
  if (!content) return false;
  const std::vector<std::byte> octets = joined_octets(content->inside);
  rest = octets;
  const auto list = take(rest, kSequence);
  if (!list) return false;
  constexpr int kPartsMax = 64;
  Bytes left = list->inside;
  for (int part = 0; part < kPartsMax; ++part) {
    const auto one = element_at(left);
    if (!one || one->type != kSequence) return false;
    if (is_locked_content_info(one->inside)) return true;
    left = behind_element(left);
  }
  return true;  // No store of keys has so many parts.
}

/// RFC 5958 section 3: how it is encrypted, then the encrypted key.
bool is_oversized_key(Bytes fields) {
  const auto method = take(fields, kSequence);
  if (!method) return false;
  Bytes rest = method->inside;
  const auto type = take(rest, kOid);
  const bool locks = type && std::ranges::any_of(kKeyLocks, [&](std::string_view prefix) {
                       return begins_with(type->inside, prefix);
                     });
  const auto key = element_at(fields);
  return locks && key && key->type == kOctets && key->bytes > kKeyBytesMax;
}

}  // namespace

bool is_locked_cms(Bytes bytes) {
  const auto outer = take(bytes, kSequence);
  if (!outer) return false;
  return is_locked_content_info(outer->inside) || is_locked_key_store(outer->inside) ||
         is_oversized_key(outer->inside);
}

}  // namespace cordon
