#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cordon {

using Sha256Digest = std::array<std::byte, 32>;
using Md5Digest = std::array<std::byte, 16>;

Sha256Digest sha256(std::span<const std::byte> bytes);
Sha256Digest sha256(std::string_view text);
Md5Digest md5(std::span<const std::byte> bytes);  ///< For ETags and Content-MD5 only.
Sha256Digest hmac_sha256(std::span<const std::byte> key, std::string_view message);

/// A digest computed piece by piece (OpenSSL EVP). Not copyable; one thread at a time.
class Hasher {
 public:
  enum class Kind : unsigned char { md5, sha1, sha256, sha512 };

  explicit Hasher(Kind kind);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void update(std::span<const std::byte> bytes);
  /// The digest (16, 20, 32 or 64 bytes) as a binary string. Once; nothing may follow.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Equal without telling by its duration where they differ.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace cordon
