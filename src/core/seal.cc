// What makes a verdict in the tags worth believing.
//
// Whoever may upload may write tags, and may copy them from one object to another. So a tag that
// says Clean proves nothing, unless it carries a keyed digest over what it says and over the bytes
// it says it of. Uploaders do not have the key, and a seal that is copied beside other bytes, or
// beside another verdict, does not hold.
//
// The fields are joined with their lengths, or "Clean" + "2026" and "Clean2" + "026" would be
// sealed by the same digest. All of them are text as it stands in the tags, so that any language
// can check a seal with a dozen lines (docs/formats/seal.md, seal_oracle.py).

#include "core/seal.h"

#include <algorithm>
#include <initializer_list>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::string_view kVersion = "v1";
constexpr std::string_view kDomain = "cordon-seal/1";  // No other use of the key gives such a text.
constexpr std::size_t kIdCharsMax = 32;
constexpr std::size_t kSignaturesCharsMax = 64;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kMacChars = 22;  // base64url of 16 bytes, without padding
constexpr std::size_t kSecretDigits = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_word(std::string_view text, std::string_view more, std::size_t chars_max) {
  return !text.empty() && text.size() <= chars_max &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_alphanumeric(c) || more.find(c) != std::string_view::npos;
         });
}

bool is_key_id(std::string_view text) { return is_word(text, "_-", kIdCharsMax); }
bool is_version(std::string_view text) { return is_word(text, "_+-", kSignaturesCharsMax); }

// Takes everything up to the next dot, and the dot.
std::string_view take_part(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return part;
}

void append_field(std::string& out, std::string_view field) {
  const auto size =
      static_cast<std::uint32_t>(field.size());  // Tags and digests: never near 4 GiB.
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((size >> shift) & 0xFFU);
  out += field;
}

}  // namespace

Result<SealText> parse_seal(std::string_view text) {
  std::string_view rest = text;
  const std::string_view version = take_part(rest);
  const std::string_view key_id = take_part(rest);
  const std::string_view signatures = take_part(rest);
  if (version != kVersion || !is_key_id(key_id) || !is_version(signatures) ||
      rest.size() != kMacChars || !is_word(rest, "_-", kMacChars)) {
    return Error{Errc::invalid, "not a seal of the form v1.{key id}.{signature version}.{mac}"};
  }
  return SealText{std::string(key_id), std::string(signatures), std::string(rest)};
}

std::string to_string(const SealText& seal) {
  return std::string(kVersion) + "." + seal.key_id + "." + seal.signatures + "." + seal.mac;
}

std::string sealable_version(std::string_view signatures) {
  if (signatures.empty()) return kNoSignatures;
  std::string out(signatures.substr(0, kSignaturesCharsMax));
  for (char& c : out) {
    if (!is_version(std::string_view(&c, 1))) c = '_';
  }
  return out;
}

// --- the key ring ----------------------------------------------------------------------------

Result<SealKeyRing::Key> SealKeyRing::parse_key(std::string_view line) {
  const std::size_t space = line.find_first_of(" \t");
  const std::string_view id = line.substr(0, space);
  const std::string_view digits =
      space == std::string_view::npos ? std::string_view() : trim(line.substr(space));
  if (!is_key_id(id)) {
    return Error{Errc::invalid, "a key id is 1 to 32 letters, digits, '_' and '-'"};
  }
  Result<std::string> secret = unhex(digits);
  if (!secret || digits.size() != kSecretDigits) {
    return Error{Errc::invalid, "after the key id and a space come 64 hex digits"};
  }
  Key key{std::string(id), {}};
  std::transform(secret->begin(), secret->end(), key.secret.begin(),
                 [](char c) { return static_cast<std::byte>(c); });
  wipe(*secret);
  return key;
}

Result<SealKeyRing> SealKeyRing::parse(std::string_view key_file) {
  if (key_file.size() > kSealKeyFileBytesMax) {
    return Error{Errc::invalid, "longer than 16 KiB, which no key file is"};
  }
  std::vector<Key> keys;
  for (int number = 1; !key_file.empty(); ++number) {
    const std::size_t end = std::min(key_file.find('\n'), key_file.size());
    const std::string_view line = trim(key_file.substr(0, end));
    key_file.remove_prefix(std::min(end + 1, key_file.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string where = "line " + std::to_string(number);
    Result<Key> key = parse_key(line);
    if (!key) return with_context(std::move(key).error(), where);
    const bool known =
        std::any_of(keys.begin(), keys.end(), [&](const Key& k) { return k.id == key->id; });
    if (known) return Error{Errc::invalid, where + ": the key id " + key->id + " is there twice"};
    if (keys.size() == kSealKeysMax) {
      return Error{Errc::invalid, where + ": more than 16 keys; take out the oldest"};
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return Error{Errc::invalid, "it holds no key"};
  return SealKeyRing(std::move(keys));
}

const SealKeyRing::Key* SealKeyRing::find(std::string_view key_id) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == key_id; });
  return found == keys_.end() ? nullptr : &*found;
}

std::string SealKeyRing::mac(const Key& key, const SealedFacts& facts,
                             std::string_view signatures) {
  std::string message;
  for (const std::string_view field : std::initializer_list<std::string_view>{
           kDomain, facts.result, facts.date, facts.virus, facts.message, facts.sha256}) {
    append_field(message, field);
  }
  append_field(message, std::to_string(facts.bytes));
  append_field(message, signatures);
  const Sha256Digest digest = hmac_sha256(key.secret, message);
  return base64url(std::span(digest).first(kMacBytes));
}

SealText SealKeyRing::seal(const SealedFacts& facts, std::string_view signatures) const {
  const std::string version = sealable_version(signatures);
  return {signing_key_id(), version, mac(keys_.front(), facts, version)};
}

bool SealKeyRing::holds(const SealText& seal, const SealedFacts& facts) const {
  const Key* key = find(seal.key_id);
  return key != nullptr && equal_constant_time(mac(*key, facts, seal.signatures), seal.mac);
}

std::string new_seal_key(SystemTime now, Random& random) {
  const auto digits = [&random] {
    const std::uint64_t bits = random.next();
    return hex(std::as_bytes(std::span(&bits, 1)));
  };
  const std::string day = iso8601_basic(now).substr(0, 8);
  std::string line = "k" + day + "-" + digits().substr(0, 4) + " ";
  for (std::size_t n = 0; n < kSecretDigits / 16; ++n) line += digits();
  return line;
}

}  // namespace cordon
