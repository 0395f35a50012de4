#include "clamav/pdf_password.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/digest.h"
#include "base/text.h"
#include "clamav/evp_cipher.h"
#include "clamav/layer_bytes.h"
#include "clamav/rc4.h"

namespace cordon {
namespace {

using Dictionary = std::map<std::string, PdfValue>;
using namespace std::string_view_literals;

/// 7.6.4.3.2, step a: a password is filled up with this, and an empty one is this.
constexpr auto kPadding =
    "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08"
    "\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"sv;
constexpr std::size_t kOwnerBytes = 32;

std::string string_of(const Dictionary& dictionary, const char* key) {
  const auto at = dictionary.find(key);
  const bool is_string = at != dictionary.end() && at->second.kind == PdfValue::Kind::string;
  return is_string ? at->second.text : std::string();
}

std::optional<std::int64_t> number_of(const Dictionary& dictionary, const char* key) {
  const auto at = dictionary.find(key);
  if (at == dictionary.end() || at->second.kind != PdfValue::Kind::other) return std::nullopt;
  const std::string& text = at->second.text;
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string md5_of(std::string_view text) {
  const Md5Digest digest = md5(as_bytes_of(text));
  std::string out(digest.size(), '\0');
  std::ranges::transform(digest, out.begin(), [](std::byte b) { return static_cast<char>(b); });
  return out;
}

std::string rc4_of(std::string_view key, std::string text) {
  rc4(as_bytes_of(key), std::as_writable_bytes(std::span(text)));
  return text;
}

/// 7.6.4.3.4, algorithm 2.B, for an empty password and the user's string.
std::string hardened_hash(std::string_view salt) {
  constexpr int kRoundsMin = 64;
  constexpr int kRoundsMax = kRoundsMin + 256;
  constexpr std::array kKinds = {DigestKind::sha256, DigestKind::sha384, DigestKind::sha512};
  std::string key = RepeatedDigest(DigestKind::sha256).of(salt);
  for (int round = 1; round <= kRoundsMax && key.size() >= 32; ++round) {
    std::string repeated;
    for (int i = 0; i < 64; ++i) repeated += key;
    const auto packed = aes(AesDirection::encrypt, AesMode::cbc, key.substr(0, 16),
                            key.substr(16, 16), as_bytes_of(repeated));
    if (!packed) return {};
    // A number of 16 bytes, modulo 3, is the sum of its bytes modulo 3.
    unsigned sum = 0;
    for (const std::byte byte : std::span(*packed).first(16))
      sum += std::to_integer<unsigned>(byte);
    key = RepeatedDigest(kKinds[sum % kKinds.size()]).of(as_text(*packed));
    if (round >= kRoundsMin && std::to_integer<int>(packed->back()) <= round - 32) break;
  }
  return key.substr(0, 32);
}

/// Revisions 5 and 6: the user's string is a digest, a salt to check it, and one for the key.
bool opens_by_sha2(const Dictionary& encryption, std::int64_t revision) {
  const std::string user = string_of(encryption, "U");
  if (user.size() < 48) return false;
  const std::string salt = user.substr(32, 8);
  const std::string digest =
      revision == 5 ? RepeatedDigest(DigestKind::sha256).of(salt) : hardened_hash(salt);
  return digest.size() == 32 && digest == user.substr(0, 32);
}

/// Algorithm 2, for an empty password.
std::string file_key(const Dictionary& encryption, std::int64_t revision,
                     std::string_view identifier) {
  const auto permissions = static_cast<std::uint32_t>(number_of(encryption, "P").value_or(0));
  std::string text(kPadding);
  text += string_of(encryption, "O").substr(0, kOwnerBytes);
  for (int shift = 0; shift < 32; shift += 8) {
    text.push_back(static_cast<char>(permissions >> shift & 0xFFU));
  }
  text += identifier;
  const auto metadata = encryption.find("EncryptMetadata");
  const bool plain_metadata = metadata != encryption.end() && metadata->second.text == "false";
  if (revision >= 4 && plain_metadata) text += "\xFF\xFF\xFF\xFF";
  const std::int64_t version = number_of(encryption, "V").value_or(0);
  const std::int64_t bits = number_of(encryption, "Length").value_or(version >= 4 ? 128 : 40);
  const bool sensible = bits >= 40 && bits <= 128 && bits % 8 == 0;
  const std::size_t bytes = revision == 2  ? 5
                            : version == 4 ? 16
                                           : static_cast<std::size_t>(sensible ? bits / 8 : 16);
  std::string key = md5_of(text);
  for (int round = 0; revision >= 3 && round < 50; ++round) key = md5_of(key.substr(0, bytes));
  return key.substr(0, bytes);
}

/// Algorithms 4 to 6: what the user's string must be, if the key is right.
bool opens_by_md5(const Dictionary& encryption, std::int64_t revision,
                  std::string_view identifier) {
  const std::string user = string_of(encryption, "U");
  const std::string key = file_key(encryption, revision, identifier);
  if (revision == 2)
    return user.size() >= 32 && rc4_of(key, std::string(kPadding)) == user.substr(0, 32);
  std::string expected = md5_of(std::string(kPadding) + std::string(identifier));
  for (int round = 0; round < 20; ++round) {
    std::string changed = key;
    for (char& c : changed) c = static_cast<char>(c ^ round);
    expected = rc4_of(changed, std::move(expected));
  }
  return user.size() >= 16 && expected == user.substr(0, 16);
}

}  // namespace

bool opens_without_password(const Dictionary& encryption,
                            const std::vector<std::string>& identifiers) {
  const auto handler = encryption.find("Filter");
  if (handler == encryption.end() || handler->second.text != "Standard") return false;
  const std::int64_t revision = number_of(encryption, "R").value_or(0);
  if (revision == 5 || revision == 6) return opens_by_sha2(encryption, revision);
  if (revision < 2 || revision > 4) return false;
  return opens_by_md5(encryption, revision, "") ||
         std::ranges::any_of(identifiers, [&](const std::string& identifier) {
           return opens_by_md5(encryption, revision, identifier);
         });
}

}  // namespace cordon
