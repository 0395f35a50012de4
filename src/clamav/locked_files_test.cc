#include "clamav/locked_files.h"

#include <gtest/gtest.h>

#include <string>

#include "base/digest.h"
#include "base/text.h"
#include "clamav/rc4.h"

namespace cordon {
namespace {

using namespace std::string_literals;

std::string_view locked(std::string_view bytes) {
  return locked_file(as_bytes_of(bytes)).value_or("");
}

std::string noise(std::size_t size) { return std::string(size, '\x9C'); }

std::string scrypt_file() {
  std::string head = "scrypt\0\x0E\0\0\0\x08\0\0\0\1"s + noise(32);
  const Sha256Digest digest = sha256(head);
  for (int i = 0; i < 16; ++i) head += static_cast<char>(digest[static_cast<std::size_t>(i)]);
  return head + noise(100);
}

std::string password_safe(std::uint32_t rounds) {
  std::string head = "PWS3" + noise(32);
  for (int shift = 0; shift < 32; shift += 8) head += static_cast<char>(rounds >> shift & 0xFFU);
  return head + noise(200);
}

std::string ecryptfs(unsigned pattern) {
  std::string head("\0\0\0\0\0\0\x10\0\1\2\3\4", 12);
  for (int shift = 24; shift >= 0; shift -= 8) {
    head += static_cast<char>((0x01020304U ^ pattern) >> shift & 0xFFU);
  }
  return head + noise(9000);
}

/// Page 0 of a database whose pages have this key; hidden as the format has it.
std::string access(std::string_view engine, char key, char newer = 0) {
  std::string page = "\0\1\0\0Standard "s + std::string(engine) + " DB\0"s;
  page.resize(4096, '\0');
  page[62] = key;
  page[0x299] = newer;
  const std::string rc4_key = "\xC7\xDA\x39\x6B";
  rc4(as_bytes_of(rc4_key), std::as_writable_bytes(std::span(page).subspan(24, 126)));
  return page;
}

TEST(LockedFiles, NamesEachFormat) {
  const std::pair<std::string_view, std::string> kLocked[] = {
      {"KeePass 1 database", "\x03\xD9\xA2\x9A\x65\xFB\x4B\xB5" + noise(200)},
      {"KeePass database", "\x03\xD9\xA2\x9A\x66\xFB\x4B\xB5" + noise(200)},
      {"KeePass database", "\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5" + noise(200)},
      {"git-crypt file", "\0GITCRYPT\0"s + noise(200)},
      {"AxCrypt file",
       "\xC0\xB9\x07\x2E\x4F\x93\xF1\x46\xA0\x15\x79\x2C\xA1\xD9\xE8\x21" + noise(200)},
      {"rights-managed mail", "\x76\xE8\x04\x60\xC4\x11\xE3\x86" + noise(200)},
      {"age file", "age-encryption.org/v1\n-> scrypt abc 18\n" + noise(200)},
      {"OpenSSL file", "Salted__" + noise(8) + noise(16)},
      {"Ansible vault", "$ANSIBLE_VAULT;1.1;AES256\n36643065376438386335383838386634\n"},
      {"Ansible vault", "$ANSIBLE_VAULT;1.2;AES256;dev\r\n3664306537643838633538383838663435\r\n"},
      {"Android backup", "ANDROID BACKUP\n5\n1\nAES-256\n" + noise(200)},
      {"scrypt file", scrypt_file()},
      {"AES Crypt file", "AES\2\0\0\x1B"s + "CREATED_BY" + noise(200)},
      {"AES Crypt file", "AES\2\0"s + noise(200)},
      {"AES Crypt file", "AES\0\5"s + noise(200)},
      {"Password Safe database", password_safe(2048)},
      {"eCryptfs file", ecryptfs(0x3C81B7F5)},
      {"disk image", "encrcdsa\0\0\0\2"s + noise(200)},
      {"disk image", noise(9000) + "cdsaencr"},
      {"Access database", access("Jet", '\x2A')},
      {"Access database", access("ACE", '\x2A')},
      {"Access database", access("ACE", '\0', '\x7F')},
  };
  for (const auto& [name, bytes] : kLocked) EXPECT_EQ(locked(bytes), name);
}

TEST(LockedFiles, AsksForMoreThanAMark) {
  const std::pair<const char*, std::string> kOpen[] = {
      {"nothing", ""},
      {"text about age", "age-encryption.org/v1\nis the first line of an age file.\n"},
      {"text about openssl", "Salted__ is what files of openssl enc begin with.\n"},
      {"the mark alone", "Salted__"},
      {"text about vaults", "$ANSIBLE_VAULT;1.1;AES256 is the first line of a vault.\n"},
      {"text about vaults, more lines", "$ANSIBLE_VAULT;1.1;AES256\nis followed by digits.\n"},
      {"backup that is not encrypted", "ANDROID BACKUP\n5\n1\nnone\n" + noise(200)},
      {"text about scrypt", "scrypt is a program. " + std::string(200, 'x')},
      {"scrypt with a wrong digest", "scrypt\0\x0E\0\0\0\x08\0\0\0\1"s + noise(200)},
      {"text about AES", "AES is a cipher. " + std::string(200, 'x')},
      {"text about Password Safe", "PWS3 is a mark. " + std::string(300, 'x')},
      {"Password Safe with few rounds", password_safe(7)},
      {"wrong pattern", ecryptfs(0x3C81B7F4)},
      {"open Jet database", access("Jet", '\0')},
      {"open Jet database, other bytes", access("Jet", '\0', '\x7F')},
      {"open ACE database", access("ACE", '\0')},
  };
  for (const auto& [name, bytes] : kOpen) EXPECT_EQ(locked(bytes), "") << name;
}

TEST(LockedFiles, HidesBytesAsRc4Does) {
  std::string text = "Plaintext";
  rc4(as_bytes_of("Key"), std::as_writable_bytes(std::span(text)));
  EXPECT_EQ(hex(as_bytes_of(text)), "bbf316e8d940af0ad3");
}

}  // namespace
}  // namespace cordon
