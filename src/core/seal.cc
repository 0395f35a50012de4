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
//
// There are two digests in it. The first one is over the content and holds wherever the content
// goes. The second one is over the place, and over the first: whoever lists a bucket can check it
// without reading the object, which a sweep over millions of them cannot do. It binds the version,
// or name, ETag and time, and not an ETag alone: that is an MD5, and two contents can be made that
// share it, one of them scanned and the other one laid where no event tells of it.

#include "core/seal.h"

#include <algorithm>
#include <initializer_list>

#include "base/digest.h"
#include "base/text.h"
#include "core/provenance.h"

namespace cordon {
namespace {

// No other use of the key gives such texts.
constexpr std::string_view kDomainV1 = "cordon-seal/1";
constexpr std::string_view kDomainV2 = "cordon-seal/2";
constexpr std::string_view kDomainPlace = "cordon-seal-place/2";
constexpr std::size_t kIdCharsMax = 32;
constexpr std::size_t kSignaturesCharsMax = 64;
constexpr std::size_t kDeploymentCharsMax = 33;  // Name, '@' and account.
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
bool is_deployment(std::string_view text) { return is_word(text, "-@", kDeploymentCharsMax); }
bool is_mac(std::string_view text) {
  return text.size() == kMacChars && is_word(text, "_-", kMacChars);
}

// "20261122T155033Z", the one form of a second.
std::optional<SystemTime> time_in(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t count) {
    return std::string(text.substr(at, count));
  };
  const Result<SystemTime> time =
      parse_rfc3339(part(0, 4) + "-" + part(4, 2) + "-" + part(6, 2) + "T" + part(9, 2) + ":" +
                    part(11, 2) + ":" + part(13, 2) + "Z");
  if (!time || iso8601_basic(*time) != text) return std::nullopt;
  return *time;
}

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

namespace {

bool take_origin(std::string_view& rest, SealText& seal) {
  seal.deployment = take_part(rest);
  seal.policy = take_part(rest);
  seal.time = take_part(rest);
  seal.place = take_part(rest);
  return is_deployment(seal.deployment) && VerdictPolicy::parse(seal.policy) &&
         time_in(seal.time) && is_mac(seal.place);
}

}  // namespace

Result<SealText> parse_seal(std::string_view text) {
  std::string_view rest = text;
  const std::string_view version = take_part(rest);
  SealText seal{.form = version == "v1" ? SealForm::v1 : SealForm::v2};
  seal.key_id = take_part(rest);
  seal.signatures = take_part(rest);
  bool is_whole =
      (version == "v1" || version == "v2") && is_key_id(seal.key_id) && is_version(seal.signatures);
  if (seal.form == SealForm::v2) is_whole = is_whole && take_origin(rest, seal);
  if (!is_whole || !is_mac(rest)) {
    return Error{Errc::invalid,
                 "not a seal of the form v1.{key id}.{signature version}.{mac} or v2.{key id}."
                 "{signature version}.{deployment}.{policy}.{time}.{place}.{mac}"};
  }
  seal.mac = rest;
  return seal;
}

std::string to_string(const SealText& seal) {
  const std::string head = seal.key_id + "." + seal.signatures + ".";
  switch (seal.form) {
    case SealForm::v1:
      return "v1." + head + seal.mac;
    case SealForm::v2:
      return "v2." + head + seal.deployment + "." + seal.policy + "." + seal.time + "." +
             seal.place + "." + seal.mac;
  }
  return "";
}

std::optional<SealOrigin> origin_of(const SealText& seal) {
  const Result<VerdictPolicy> policy = VerdictPolicy::parse(seal.policy);
  const std::optional<SystemTime> time = time_in(seal.time);
  if (seal.form != SealForm::v2 || !policy || !time) return std::nullopt;
  const bool by_engine = seal.signatures != kNoSignatures;
  return SealOrigin{.signatures = by_engine ? seal.signatures : "",
                    .deployment = seal.deployment,
                    .policy = *policy,
                    .time = *time};
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

namespace {

std::string joined(std::initializer_list<std::string_view> fields) {
  std::string out;
  for (const std::string_view field : fields) append_field(out, field);
  return out;
}

std::string short_mac(const std::array<std::byte, 32>& secret, const std::string& message) {
  const Sha256Digest digest = hmac_sha256(secret, message);
  return base64url(std::span(digest).first(kMacBytes));
}

}  // namespace

std::string SealKeyRing::mac(const Key& key, const SealedFacts& facts, const SealText& seal) {
  const bool is_v1 = seal.form == SealForm::v1;
  std::string message =
      joined({is_v1 ? kDomainV1 : kDomainV2, facts.result, facts.date, facts.virus, facts.message,
              facts.sha256, std::to_string(facts.bytes), seal.signatures});
  if (!is_v1) message += joined({seal.deployment, seal.policy, seal.time});
  return short_mac(key.secret, message);
}

std::string SealKeyRing::place_mac(const Key& key, const SealedFacts& facts, const SealText& seal,
                                   const SealedPlace& place) {
  const bool is_pinned = pins_bytes(place.object.version);
  return short_mac(
      key.secret,
      joined({kDomainPlace, facts.result, facts.date, facts.virus, facts.message,
              std::to_string(facts.bytes), seal.signatures, seal.deployment, seal.policy, seal.time,
              seal.mac, place.object.bucket.str(), place.object.key.str(),
              is_pinned ? place.object.version->str() : "", is_pinned ? "" : place.etag.str(),
              is_pinned ? "" : rfc3339_s(place.modified)}));
}

SealText SealKeyRing::seal(const SealedFacts& facts, const SealOrigin& origin,
                           const SealedPlace& place) const {
  SealText seal{.key_id = signing_key_id(),
                .signatures = sealable_version(origin.signatures),
                .deployment = origin.deployment,
                .policy = origin.policy.code(),
                .time = iso8601_basic(origin.time)};
  seal.mac = mac(keys_.front(), facts, seal);
  seal.place = place_mac(keys_.front(), facts, seal, place);
  return seal;
}

bool SealKeyRing::holds(const SealText& seal, const SealedFacts& facts) const {
  const Key* key = find(seal.key_id);
  return key != nullptr && equal_constant_time(mac(*key, facts, seal), seal.mac);
}

bool SealKeyRing::holds_at(const SealText& seal, const SealedFacts& facts,
                           const SealedPlace& place) const {
  const Key* key = find(seal.key_id);
  return key != nullptr && seal.form == SealForm::v2 &&
         equal_constant_time(place_mac(*key, facts, seal, place), seal.place);
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
