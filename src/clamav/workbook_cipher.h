#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cordon {

/// How a workbook of Excel 97 to 2003 is encrypted, when its password is the one that every copy of
/// Office knows: RC4, RC4 of the CryptoAPI, or the older obfuscation ([MS-OFFCRYPTO] 2.3.5 to
/// 2.3.7, [MS-XLS] 2.2.10).
class WorkbookCipher {
 public:
  /// `file_pass` is what the record of that name holds. Nothing when another password is needed, or
  /// the description is damaged or of another kind. Pure; some digests.
  static std::optional<WorkbookCipher> open(std::span<const std::byte> file_pass);

  /// In place: the whole data of a record, which begin at `offset` of the stream. False when OpenSSL
  /// fails. Cheapest in ascending order.
  bool decrypt(std::uint64_t offset, std::span<std::byte> data);

 private:
  enum class Method : std::uint8_t { xor_array, rc4, crypto_api };
  static constexpr std::size_t kBlockBytes = 1024;

  static std::optional<WorkbookCipher> open_rc4(std::span<const std::byte> header);
  static std::optional<WorkbookCipher> open_crypto_api(std::span<const std::byte> header);
  bool proves_key(std::span<const std::byte> verifier, std::span<const std::byte> digest) const;
  std::string key_for(std::uint32_t block) const;
  bool decrypt_rc4(std::uint64_t offset, std::span<std::byte> data);

  Method method_ = Method::xor_array;
  std::string secret_;          ///< What the keys of all blocks are made from.
  std::size_t key_bytes_ = 16;  ///< Of CryptoAPI.
  std::optional<std::uint32_t> block_;
  std::array<std::byte, kBlockBytes> keys_ = {};  ///< What `block_` is combined with.
};

}  // namespace cordon
