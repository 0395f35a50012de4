#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// The few digests and ciphers that old and new document formats use, by OpenSSL. Keys and vectors
/// of a wrong size, and text that is no whole number of blocks, give nothing. Pure.

/// The digests that encrypted documents name for making keys of passwords.
enum class DigestKind : std::uint8_t { md5, sha1, sha256, sha384, sha512 };

/// One digest after another over short texts, without asking OpenSSL for the algorithm each time.
class RepeatedDigest {
 public:
  explicit RepeatedDigest(DigestKind kind);
  RepeatedDigest(const RepeatedDigest&) = delete;
  RepeatedDigest& operator=(const RepeatedDigest&) = delete;
  ~RepeatedDigest();

  /// Of both texts, one behind the other; empty when OpenSSL fails.
  std::string of(std::string_view first, std::string_view second = "");

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `ecb`: each block by itself. `cbc`: each block joined (XOR) with the encrypted one before it.
enum class AesMode : std::uint8_t { ecb, cbc };
/// A cipher runs either way, although Cordon only reads what others encrypted.
enum class AesDirection : std::uint8_t { encrypt, decrypt };

/// AES with 128, 192 or 256 bits and no padding. `iv` is empty for ECB, else 16 bytes.
std::optional<std::vector<std::byte>> aes(AesDirection direction, AesMode mode,
                                          std::string_view key, std::string_view iv,
                                          std::span<const std::byte> text);

}  // namespace cordon
