#include "clamav/office_package.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "clamav/compound_directory.h"
#include "clamav/evp_cipher.h"
#include "clamav/layer_bytes.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using Content = std::optional<std::vector<std::byte>>;
using namespace std::string_view_literals;

constexpr std::size_t kInfoBytesMax = 64U << 10;
constexpr std::uint32_t kRoundsMax = 100'000;

std::string four_bytes(std::uint32_t value) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xFFU);
  return text;
}

std::string text_of(Bytes bytes) { return std::string(as_text(bytes)); }

/// 2.3.4.7 and 2.3.4.11: the password's digest, digested again and again with the round's number.
std::string stretched(RepeatedDigest& digest, std::string_view salt, std::uint32_t rounds) {
  std::string hash = digest.of(salt, built_in_password());
  for (std::uint32_t round = 0; round < rounds; ++round) hash = digest.of(four_bytes(round), hash);
  return hash;
}

/// The size that the package itself has, then its bytes, up to a whole number of blocks.
Content cut_to_size(std::vector<std::byte> plain, std::uint64_t bytes) {
  if (bytes > plain.size()) return std::nullopt;
  plain.resize(static_cast<std::size_t>(bytes));
  return plain;
}

/// 2.3.4.5 to 2.3.4.9.
class StandardEncryption {
 public:
  static std::optional<StandardEncryption> read(Bytes info) {
    if (info.size() < 12) return std::nullopt;
    const std::size_t header = little_endian<std::uint32_t>(info, 8);
    if (header < 32 || header > info.size() - 12 || info.size() - 12 - header < 72) {
      return std::nullopt;
    }
    const Bytes verifier = info.subspan(12 + header);
    StandardEncryption read;
    read.key_bytes_ = little_endian<std::uint32_t>(info, 12 + 16) / 8;
    read.salt_ = text_of(verifier.subspan(4, 16));
    read.verifier_ = verifier.subspan(20, 16);
    read.verifier_hash_ = verifier.subspan(40, 32);
    return read;
  }

  Content open(Bytes package) const {
    constexpr std::uint32_t kRounds = 50'000;
    RepeatedDigest sha1(DigestKind::sha1);
    const std::string hash = sha1.of(stretched(sha1, salt_, kRounds), four_bytes(0));
    const std::string key = (sha1.of(filled(hash, '\x36')) + sha1.of(filled(hash, '\x5C')))
                                .substr(0, std::min<std::size_t>(key_bytes_, 40));
    const Content verifier = aes(AesDirection::decrypt, AesMode::ecb, key, "", verifier_);
    const Content expected = aes(AesDirection::decrypt, AesMode::ecb, key, "", verifier_hash_);
    if (!verifier || !expected) return std::nullopt;
    const std::string right = sha1.of(as_text(*verifier));
    if (right.empty() || !begins_with(*expected, right)) return std::nullopt;
    const Bytes blocks = package.subspan(8);
    Content plain =
        aes(AesDirection::decrypt, AesMode::ecb, key, "", blocks.first(blocks.size() / 16 * 16));
    if (!plain) return std::nullopt;
    return cut_to_size(*std::move(plain), little_endian<std::uint64_t>(package, 0));
  }

 private:
  /// 2.3.4.7: 64 of one byte, the first of them changed by the digest.
  static std::string filled(std::string_view hash, char with) {
    std::string out(64, with);
    for (std::size_t i = 0; i < hash.size(); ++i) out[i] = static_cast<char>(out[i] ^ hash[i]);
    return out;
  }

  std::size_t key_bytes_ = 0;
  std::string salt_;
  Bytes verifier_;
  Bytes verifier_hash_;
};

/// 2.3.4.10: what an element of the description says about its digest and its cipher.
struct AgileFields {
  DigestKind digest = DigestKind::sha1;
  std::size_t key_bytes = 0;
  std::string salt = {};
};

/// The value of `name="..."` in the start tag at the beginning of `tag`.
std::string_view field(std::string_view tag, std::string_view name) {
  tag = tag.substr(0, tag.find('>'));
  const std::string mark = " " + std::string(name) + "=\"";
  const std::size_t at = tag.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view value = tag.substr(at + mark.size());
  return value.substr(0, value.find('"'));
}

std::string decoded_field(std::string_view tag, std::string_view name) {
  const Result<std::string> decoded = unbase64(field(tag, name));
  return decoded.ok() ? *decoded : std::string();
}

std::optional<AgileFields> agile_fields(std::string_view tag) {
  constexpr std::array<std::pair<std::string_view, DigestKind>, 4> kDigests = {
      {{"SHA1", DigestKind::sha1},
       {"SHA256", DigestKind::sha256},
       {"SHA384", DigestKind::sha384},
       {"SHA512", DigestKind::sha512}}};
  const auto* const digest = std::ranges::find(kDigests, field(tag, "hashAlgorithm"),
                                               &std::pair<std::string_view, DigestKind>::first);
  const auto bits = parse_u64(field(tag, "keyBits"));
  if (digest == kDigests.end() || !bits || *bits > 256 || field(tag, "cipherAlgorithm") != "AES" ||
      field(tag, "cipherChaining") != "ChainingModeCBC" || field(tag, "blockSize") != "16") {
    return std::nullopt;
  }
  return AgileFields{.digest = digest->second,
                     .key_bytes = static_cast<std::size_t>(*bits / 8),
                     .salt = decoded_field(tag, "saltValue")};
}

/// 2.3.4.11 and 2.3.4.12: cut, or filled up with 0x36.
std::string of_size(std::string text, std::size_t bytes) {
  text.resize(bytes, '\x36');
  return text;
}

/// 2.3.4.13 to 2.3.4.15.
class AgileEncryption {
 public:
  static std::optional<AgileEncryption> read(Bytes info) {
    const std::string_view xml = as_text(info.subspan(8));
    const std::size_t data = xml.find("<keyData ");
    const std::size_t key = xml.find("<p:encryptedKey ");
    if (data == std::string_view::npos || key == std::string_view::npos) return std::nullopt;
    const auto data_fields = agile_fields(xml.substr(data));
    const auto key_fields = agile_fields(xml.substr(key));
    const auto rounds = parse_u64(field(xml.substr(key), "spinCount"));
    if (!data_fields || !key_fields || !rounds || *rounds > kRoundsMax) return std::nullopt;
    AgileEncryption read;
    read.data_ = *data_fields;
    read.password_ = *key_fields;
    read.rounds_ = static_cast<std::uint32_t>(*rounds);
    read.verifier_ = decoded_field(xml.substr(key), "encryptedVerifierHashInput");
    read.verifier_hash_ = decoded_field(xml.substr(key), "encryptedVerifierHashValue");
    read.key_ = decoded_field(xml.substr(key), "encryptedKeyValue");
    return read;
  }

  Content open(Bytes package) const {
    RepeatedDigest digest(password_.digest);
    const std::string hash = stretched(digest, password_.salt, rounds_);
    const auto decrypted = [&](std::string_view block_key, std::string_view text) {
      const std::string key = of_size(digest.of(hash, block_key), password_.key_bytes);
      return aes(AesDirection::decrypt, AesMode::cbc, key, of_size(password_.salt, 16),
                 as_bytes_of(text));
    };
    const Content verifier = decrypted("\xFE\xA7\xD2\x76\x3B\x4B\x9E\x79"sv, verifier_);
    const Content expected = decrypted("\xD7\xAA\x0F\x6D\x30\x61\x34\x4E"sv, verifier_hash_);
    const Content key = decrypted("\x14\x6E\x0B\xE7\xAB\xAC\xD0\xD6"sv, key_);
    if (!verifier || !expected || !key || key->size() < data_.key_bytes) return std::nullopt;
    const std::string right = digest.of(as_text(*verifier));
    if (right.empty() || !begins_with(*expected, right)) return std::nullopt;
    return decrypt_segments(package, as_text(*key).substr(0, data_.key_bytes));
  }

 private:
  /// 2.3.4.15: each 4,096 bytes begin anew, with a vector of their number.
  Content decrypt_segments(Bytes package, std::string_view key) const {
    constexpr std::size_t kSegmentBytes = 4096;
    RepeatedDigest digest(data_.digest);
    std::vector<std::byte> plain;
    Bytes left = package.subspan(8);
    left = left.first(left.size() / 16 * 16);
    for (std::uint32_t segment = 0; !left.empty(); ++segment) {
      const Bytes part = left.first(std::min(left.size(), kSegmentBytes));
      const std::string iv = of_size(digest.of(data_.salt, four_bytes(segment)), 16);
      const Content decrypted = aes(AesDirection::decrypt, AesMode::cbc, key, iv, part);
      if (!decrypted) return std::nullopt;
      plain.insert(plain.end(), decrypted->begin(), decrypted->end());
      left = left.subspan(part.size());
    }
    return cut_to_size(std::move(plain), little_endian<std::uint64_t>(package, 0));
  }

  AgileFields data_;
  AgileFields password_;
  std::uint32_t rounds_ = 0;
  std::string verifier_;
  std::string verifier_hash_;
  std::string key_;
};

}  // namespace

std::string built_in_password() {
  std::string wide;
  for (const char c : "VelvetSweatshop"sv) wide += std::string{c, '\0'};
  return wide;
}

Content open_office_package(Bytes compound_file) {
  const std::optional<CompoundDirectory> file = CompoundDirectory::open(compound_file);
  if (!file) return std::nullopt;
  const Content info = file->stream("EncryptionInfo", kInfoBytesMax);
  const Content package = file->stream("EncryptedPackage", kOfficePackageBytesMax);
  if (!info || !package || info->size() < 8 || package->size() < 8) return std::nullopt;
  const auto major = little_endian<std::uint16_t>(*info, 0);
  const auto minor = little_endian<std::uint16_t>(*info, 2);
  if (major == 4 && minor == 4) {
    const auto agile = AgileEncryption::read(*info);
    return agile ? agile->open(*package) : std::nullopt;
  }
  const bool standard = major >= 2 && major <= 4 && minor == 2;
  const auto read = standard ? StandardEncryption::read(*info) : std::nullopt;
  return read ? read->open(*package) : std::nullopt;
}

}  // namespace cordon
