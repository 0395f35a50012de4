#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "core/object_ref.h"
#include "core/verdict_policy.h"

namespace cordon {

inline constexpr std::size_t kSealKeysMax = 16;
inline constexpr std::size_t kSealKeyFileBytesMax = 16 * 1024;

/// Everything that one seal vouches for: docs/formats/seal.md. Texts are those that stand in the
/// tags; empty means that there is no such tag.
struct SealedFacts {
  std::string result;
  std::string date;
  std::string virus;
  std::string message;
  std::string sha256;  ///< Of the content, in hex.
  std::uint64_t bytes = 0;

  bool operator==(const SealedFacts&) const = default;
};

/// Who came to the verdict, by which rules, and when.
struct SealOrigin {
  std::string signatures;  ///< Version of the signature set; empty when no engine spoke.
  std::string deployment;  ///< deployment_id (core/deployment.h).
  VerdictPolicy policy = {};
  SystemTime time = {};  ///< Of the scan; to the second.

  bool operator==(const SealOrigin&) const = default;
};

/// Where an object lies, as a list of the bucket tells it without its bytes. A version names its
/// bytes; where there is none, ETag and time tell states apart, two contents with one MD5 that were
/// written in the same second excepted.
struct SealedPlace {
  ObjectRef object;
  ETag etag;
  SystemTime modified = {};
};

/// The forms of a seal's text (docs/formats/seal.md). New seals are v2; v1 is still understood.
enum class SealForm : std::uint8_t {
  v1,  ///< Says nothing of deployment, policy, time and place.
  v2,
};

/// A seal taken apart. Says nothing about whether it holds.
struct SealText {
  SealForm form = SealForm::v2;
  std::string key_id;
  std::string signatures;  ///< Version of the signature set; kNoSignatures when no engine spoke.
  std::string mac;         ///< base64url
  // Of v2 alone; else empty.
  std::string deployment;
  std::string policy;  ///< VerdictPolicy::code
  std::string time;    ///< 20261122T155033Z
  std::string place;   ///< base64url

  bool operator==(const SealText&) const = default;
};

/// What a seal says of itself; nothing: it is a v1.
std::optional<SealOrigin> origin_of(const SealText& seal);

inline constexpr const char* kNoSignatures = "none";

/// `v1.{key id}.{signature version}.{mac}` or `v2.{key id}.{signature
/// version}.{deployment}.{policy}
/// .{time}.{place}.{mac}`, and nothing else. Errors: invalid.
Result<SealText> parse_seal(std::string_view text);
std::string to_string(const SealText& seal);

/// The signature version as a seal can hold it: 1 to 64 letters, digits, '_', '+' and '-'.
std::string sealable_version(std::string_view signatures);

/// The secret keys of a deployment: the first one signs, all of them verify. Immutable; any thread.
class SealKeyRing {
 public:
  /// The text of a key file: one `{key id} {64 hex digits}` a line; empty lines and lines that
  /// start with '#' say nothing. Errors: invalid, with the line; never with a key.
  static Result<SealKeyRing> parse(std::string_view key_file);

  SealText seal(const SealedFacts& facts, const SealOrigin& origin, const SealedPlace& place) const;
  bool knows(std::string_view key_id) const { return find(key_id) != nullptr; }
  /// Whether the seal was made over exactly these facts with one of our keys.
  bool holds(const SealText& seal, const SealedFacts& facts) const;
  /// Whether it was made for what lies at `place`, whose bytes nobody has to read for that: the
  /// SHA-256 of `facts` does not count. Never for a v1.
  bool holds_at(const SealText& seal, const SealedFacts& facts, const SealedPlace& place) const;

  const std::string& signing_key_id() const { return keys_.front().id; }
  std::size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::string id;
    std::array<std::byte, 32> secret;
    ~Key() { wipe(secret); }
  };

  explicit SealKeyRing(std::vector<Key> keys) : keys_(std::move(keys)) {}
  static Result<Key> parse_key(std::string_view line);
  const Key* find(std::string_view key_id) const;
  static std::string mac(const Key& key, const SealedFacts& facts, const SealText& seal);
  static std::string place_mac(const Key& key, const SealedFacts& facts, const SealText& seal,
                               const SealedPlace& place);

  std::vector<Key> keys_;  ///< Never empty.
};

/// A line for a key file: a new key with an id that tells its day.
std::string new_seal_key(SystemTime now, Random& random);

}  // namespace cordon
