#include "clamav/workbook_cipher.h"

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "clamav/evp_cipher.h"
#include "clamav/layer_bytes.h"
#include "clamav/office_package.h"
#include "clamav/rc4.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kVerifierBytes = 16;

/// [MS-OFFCRYPTO] 2.3.7.2, of the built-in password: key, verifier and array, which depend on
/// nothing else.
constexpr auto kXorDescription = "\x59\xB3\x0A\x9A"sv;
constexpr std::array<std::uint8_t, 16> kXorArray = {0x87, 0x6B, 0x9A, 0xE2, 0x1E, 0xE3, 0x05, 0x62,
                                                    0x1E, 0x69, 0x96, 0x60, 0x98, 0x6E, 0x94, 0x04};

std::string four_bytes(std::uint32_t value) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFFU);
  return text;
}

/// 2.3.7.3: the array goes on by the record's place and size.
void decrypt_xor(std::uint64_t offset, std::span<std::byte> data) {
  std::size_t index = static_cast<std::size_t>((offset + data.size()) % kXorArray.size());
  for (std::byte& byte : data) {
    const auto mixed =
        static_cast<std::uint8_t>(std::to_integer<unsigned>(byte) ^ kXorArray[index]);
    byte = std::byte{std::rotr(mixed, 5)};
    index = (index + 1) % kXorArray.size();
  }
}

}  // namespace

std::optional<WorkbookCipher> WorkbookCipher::open(Bytes file_pass) {
  // Excel 95 has no type in front.
  if (file_pass.size() == kXorDescription.size()) {
    return begins_with(file_pass, kXorDescription) ? std::optional(WorkbookCipher()) : std::nullopt;
  }
  if (file_pass.size() < 6) return std::nullopt;
  const auto type = little_endian<std::uint16_t>(file_pass, 0);
  const Bytes rest = file_pass.subspan(2);
  if (type == 0) {
    return begins_with(rest, kXorDescription) ? std::optional(WorkbookCipher()) : std::nullopt;
  }
  if (type != 1) return std::nullopt;
  const auto major = little_endian<std::uint16_t>(rest, 0);
  const auto minor = little_endian<std::uint16_t>(rest, 2);
  if (major == 1 && minor == 1) return open_rc4(rest.subspan(4));
  if (major >= 2 && major <= 4 && minor == 2) return open_crypto_api(rest.subspan(4));
  return std::nullopt;
}

/// 2.3.6.1 and 2.3.6.2.
std::optional<WorkbookCipher> WorkbookCipher::open_rc4(Bytes header) {
  constexpr std::size_t kKeptBytes = 5;
  constexpr std::size_t kTimes = 16;
  if (header.size() != kSaltBytes + 2 * kVerifierBytes) return std::nullopt;
  RepeatedDigest md5(DigestKind::md5);
  const std::string kept = md5.of(built_in_password()).substr(0, kKeptBytes);
  std::string repeated;
  for (std::size_t i = 0; i < kTimes; ++i) {
    repeated += kept;
    repeated += as_text(header.first(kSaltBytes));
  }
  WorkbookCipher cipher;
  cipher.method_ = Method::rc4;
  cipher.secret_ = md5.of(repeated).substr(0, kKeptBytes);
  const Bytes proof = header.subspan(kSaltBytes);
  if (!cipher.proves_key(proof.first(kVerifierBytes), proof.subspan(kVerifierBytes))) {
    return std::nullopt;
  }
  return cipher;
}

/// 2.3.5.1 and 2.3.5.2; 2.3.2 and 2.3.3 are the two structures.
std::optional<WorkbookCipher> WorkbookCipher::open_crypto_api(Bytes header) {
  constexpr std::size_t kFixedBytes = 32;
  constexpr std::size_t kDigestBytes = 20;
  constexpr std::size_t kProofBytes = 4 + kSaltBytes + kVerifierBytes + 4 + kDigestBytes;
  constexpr std::uint32_t kRc4 = 0x6801;
  if (header.size() < 8) return std::nullopt;
  const std::size_t bytes = little_endian<std::uint32_t>(header, 4);
  if (bytes < kFixedBytes || bytes > header.size() - 8 ||
      header.size() - 8 - bytes != kProofBytes) {
    return std::nullopt;
  }
  const Bytes fields = header.subspan(8, bytes);
  const Bytes proof = header.subspan(8 + bytes);
  const auto algorithm = little_endian<std::uint32_t>(fields, 8);
  const std::uint32_t bits = std::max(little_endian<std::uint32_t>(fields, 16), 40U);  // 0 is 40.
  const bool known =
      (algorithm == kRc4 || algorithm == 0) && bits <= 128 && bits % 8 == 0 &&
      little_endian<std::uint32_t>(proof, 0) == kSaltBytes &&
      little_endian<std::uint32_t>(proof, 4 + kSaltBytes + kVerifierBytes) == kDigestBytes;
  if (!known) return std::nullopt;
  WorkbookCipher cipher;
  cipher.method_ = Method::crypto_api;
  cipher.key_bytes_ = bits / 8;
  RepeatedDigest sha1(DigestKind::sha1);
  cipher.secret_ = sha1.of(as_text(proof.subspan(4, kSaltBytes)), built_in_password());
  if (!cipher.proves_key(proof.subspan(4 + kSaltBytes, kVerifierBytes), proof.last(kDigestBytes))) {
    return std::nullopt;
  }
  return cipher;
}

/// Both are encrypted in one go with the key of the first block.
bool WorkbookCipher::proves_key(Bytes verifier, Bytes digest) const {
  std::vector<std::byte> plain(verifier.begin(), verifier.end());
  plain.insert(plain.end(), digest.begin(), digest.end());
  const std::string key = key_for(0);
  if (key.empty()) return false;
  rc4(as_bytes_of(key), plain);
  RepeatedDigest kind(method_ == Method::rc4 ? DigestKind::md5 : DigestKind::sha1);
  const std::string right = kind.of(as_text(Bytes(plain).first(verifier.size())));
  return !right.empty() && as_text(Bytes(plain).subspan(verifier.size())) == right;
}

/// Empty when OpenSSL fails.
std::string WorkbookCipher::key_for(std::uint32_t block) const {
  constexpr std::size_t kWeakBytes = 5;
  constexpr std::size_t kFilledBytes = 16;
  RepeatedDigest kind(method_ == Method::rc4 ? DigestKind::md5 : DigestKind::sha1);
  std::string key = kind.of(secret_, four_bytes(block));
  if (key.empty() || method_ == Method::rc4) return key;
  key.resize(key_bytes_);
  // 2.3.5.2: 40 bits are filled up with zeros.
  if (key_bytes_ == kWeakBytes) key.resize(kFilledBytes, '\0');
  return key;
}

bool WorkbookCipher::decrypt(std::uint64_t offset, std::span<std::byte> data) {
  if (method_ != Method::xor_array) return decrypt_rc4(offset, data);
  decrypt_xor(offset, data);
  return true;
}

/// [MS-XLS] 2.2.10: each 1,024 bytes of the stream begin anew; what is not encrypted takes its part
/// of the key too.
bool WorkbookCipher::decrypt_rc4(std::uint64_t offset, std::span<std::byte> data) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto block = static_cast<std::uint32_t>((offset + i) / kBlockBytes);
    if (block_ != block) {
      const std::string key = key_for(block);
      if (key.empty()) return false;
      keys_.fill(std::byte{0});
      rc4(as_bytes_of(key), keys_);
      block_ = block;
    }
    data[i] ^= keys_[static_cast<std::size_t>((offset + i) % kBlockBytes)];
  }
  return true;
}

}  // namespace cordon
