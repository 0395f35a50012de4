#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

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

/// A seal taken apart. Says nothing about whether it holds.
struct SealText {
  std::string key_id;
  std::string signatures;  ///< Version of the signature set; kNoSignatures when no engine spoke.
  std::string mac;         ///< base64url

  bool operator==(const SealText&) const = default;
};

inline constexpr const char* kNoSignatures = "none";

/// `v1.{key id}.{signature version}.{mac}`, and nothing else. Errors: invalid.
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

  SealText seal(const SealedFacts& facts, std::string_view signatures) const;
  bool knows(std::string_view key_id) const { return find(key_id) != nullptr; }
  /// Whether the seal was made over exactly these facts with one of our keys.
  bool holds(const SealText& seal, const SealedFacts& facts) const;

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
  static std::string mac(const Key& key, const SealedFacts& facts, std::string_view signatures);

  std::vector<Key> keys_;  ///< Never empty.
};

/// A line for a key file: a new key with an id that tells its day.
std::string new_seal_key(SystemTime now, Random& random);

}  // namespace cordon
