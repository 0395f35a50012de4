#include "clamav/locked_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/digest.h"
#include "clamav/header_checks.h"
#include "clamav/layer_bytes.h"
#include "clamav/rc4.h"

// Sources: the formats' own specifications where there is one (age, AES Crypt, scrypt, git-crypt,
// Ansible vault, Password Safe V3, MS-OXORMMS), else what all programs for the format check.
// A mark of fewer than eight bytes, or one that could begin a text, is not enough: what follows
// must make sense too.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

bool is_printable(std::byte byte) {
  const auto c = std::to_integer<unsigned>(byte);
  return c == '\t' || c == '\n' || c == '\r' || (c >= ' ' && c < 0x7F);
}

/// Of at least 16 bytes, none is outside of printable ASCII: no encryption writes that by chance.
bool reads_as_text(Bytes bytes) {
  constexpr std::size_t kLookedAt = 256;
  return bytes.size() >= 16 &&
         std::ranges::all_of(bytes.first(std::min(bytes.size(), kLookedAt)), is_printable);
}

/// age-encryption.org/v1: a version line, then one stanza for each who may open it.
bool is_age(Bytes bytes) { return begins_with(bytes, "age-encryption.org/v1\n-> "); }

/// Ansible: "$ANSIBLE_VAULT;1.1;AES256" or ";1.2;AES256;label", then lines of hexadecimal digits.
bool is_ansible_vault(Bytes bytes) {
  constexpr std::string_view kMark = "$ANSIBLE_VAULT;1.";
  if (!begins_with(bytes, kMark)) return false;
  std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 512)));
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos || text.substr(0, line).find(";AES") == text.npos)
    return false;
  text.remove_prefix(line + 1);
  const std::size_t digits = text.find_first_not_of("0123456789abcdefABCDEF");
  return text.size() >= 16 && (digits == text.npos || digits >= 16);
}

/// Android's adb: a version, whether it is compressed, and how it is encrypted, a line each.
bool is_locked_android_backup(Bytes bytes) {
  constexpr std::string_view kMark = "ANDROID BACKUP\n";
  if (!begins_with(bytes, kMark)) return false;
  std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 64)));
  for (int line = 0; line < 3; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return text.starts_with("AES-");
}

/// scrypt(1), FORMAT: parameters, a salt, and from byte 48 on the first half of their digest.
bool is_scrypt(Bytes bytes) {
  if (!has_at(bytes, 0, "scrypt\0"sv) || bytes.size() < 96) return false;
  const Sha256Digest digest = sha256(bytes.first(48));
  return std::ranges::equal(bytes.subspan(48, 16), std::span(digest).first(16));
}

/// AES Crypt, versions 0 to 3: the version, and a byte that is zero from version 1 on.
bool is_aes_crypt(Bytes bytes) {
  if (!begins_with(bytes, "AES") || bytes.size() < 64) return false;
  const auto version = std::to_integer<unsigned>(bytes[3]);
  if (version == 0)
    return std::to_integer<unsigned>(bytes[4]) < 16 && !reads_as_text(bytes.subspan(5));
  return version <= 3 && bytes[4] == std::byte{0};
}

/// Password Safe V3: the mark, a salt of 32 bytes, and how often it is hashed (at least 2,048).
bool is_password_safe(Bytes bytes) {
  if (!begins_with(bytes, "PWS3") || bytes.size() < 152) return false;
  return little_endian<std::uint32_t>(bytes, 36) >= 2048 && !reads_as_text(bytes.subspan(4));
}

/// eCryptfs: the file's size, then a random number and the same number with a fixed pattern.
bool is_ecryptfs(Bytes bytes) {
  constexpr std::uint32_t kPattern = 0x3C81B7F5;
  constexpr std::uint64_t kHeaderBytes = 8192;
  if (bytes.size() < kHeaderBytes) return false;
  const auto size = big_endian<std::uint64_t>(bytes, 0);
  return (big_endian<std::uint32_t>(bytes, 8) ^ kPattern) == big_endian<std::uint32_t>(bytes, 12) &&
         size <= bytes.size();
}

/// Apple's encrypted disk images: version 2 has its header in front, version 1 at the end.
bool is_encrypted_disk_image(Bytes bytes) {
  constexpr std::string_view kFirst = "cdsaencr";
  const bool marked = begins_with(bytes, "encrcdsa") || begins_with(bytes, kFirst);
  return (marked && !looks_like_text(bytes)) ||
         (bytes.size() > 4096 && begins_with(bytes.last(kFirst.size()), kFirst));
}

/// Jet and ACE databases: page 0 is hidden behind RC4 with a fixed key from byte 24 on, and there,
/// at byte 62, stands the key of all other pages, or zero. ACE keeps the description of a newer
/// encryption behind it.
bool is_encoded_access(Bytes bytes) {
  const bool jet = has_at(bytes, 0, "\0\1\0\0Standard Jet DB\0"sv);
  if (!jet && !has_at(bytes, 0, "\0\1\0\0Standard ACE DB\0"sv)) return false;
  constexpr std::size_t kHiddenFrom = 24;
  constexpr std::size_t kKeyAt = 62;
  constexpr std::size_t kNewerAt = 0x299;
  if (bytes.size() < kNewerAt + 2) return false;
  std::array<std::byte, kKeyAt + 4 - kHiddenFrom> head{};
  std::ranges::copy(bytes.subspan(kHiddenFrom, head.size()), head.begin());
  rc4(std::as_bytes(std::span("\xC7\xDA\x39\x6B"sv)), head);
  if (little_endian<std::uint32_t>(head, kKeyAt - kHiddenFrom) != 0) return true;
  return !jet && little_endian<std::uint16_t>(bytes, kNewerAt) != 0;
}

struct Format {
  std::string_view name;
  std::string_view mark;
};

/// Marks that nothing else begins with.
constexpr std::array kFormats = {
    Format{"KeePass 1 database", "\x03\xD9\xA2\x9A\x65\xFB\x4B\xB5"sv},
    Format{"KeePass database", "\x03\xD9\xA2\x9A\x66\xFB\x4B\xB5"sv},
    Format{"KeePass database", "\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5"sv},
    Format{"git-crypt file", "\0GITCRYPT\0"sv},
    Format{"AxCrypt file", "\xC0\xB9\x07\x2E\x4F\x93\xF1\x46\xA0\x15\x79\x2C\xA1\xD9\xE8\x21"sv},
    Format{"rights-managed mail", "\x76\xE8\x04\x60\xC4\x11\xE3\x86"sv},
};

struct Check {
  std::string_view name;
  bool (*holds)(Bytes);
};

constexpr std::array kChecks = {
    Check{"age file", &is_age},
    Check{"OpenSSL file", &is_salted_file},
    Check{"Ansible vault", &is_ansible_vault},
    Check{"Android backup", &is_locked_android_backup},
    Check{"scrypt file", &is_scrypt},
    Check{"AES Crypt file", &is_aes_crypt},
    Check{"Password Safe database", &is_password_safe},
    Check{"eCryptfs file", &is_ecryptfs},
    Check{"disk image", &is_encrypted_disk_image},
    Check{"Access database", &is_encoded_access},
};

}  // namespace

bool is_salted_file(Bytes bytes) {
  constexpr std::string_view kMark = "Salted__";
  constexpr std::size_t kSaltBytes = 8;
  return begins_with(bytes, kMark) && bytes.size() > kMark.size() + kSaltBytes &&
         !reads_as_text(bytes.subspan(kMark.size()));
}

std::optional<std::string_view> locked_file(Bytes layer) {
  for (const Format& format : kFormats) {
    if (begins_with(layer, format.mark)) return format.name;
  }
  for (const Check& check : kChecks) {
    if (check.holds(layer)) return check.name;
  }
  return std::nullopt;
}

}  // namespace cordon
