#include "clamav/cms_der.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

using namespace std::string_literals;

bool is_locked(std::string_view bytes) { return is_locked_cms(as_bytes_of(bytes)); }

/// X.690: a definite length of one or three bytes.
std::string der(unsigned type, const std::string& inside) {
  std::string out(1, static_cast<char>(type));
  if (inside.size() < 128) return out + static_cast<char>(inside.size()) + inside;
  return out + '\x82' + static_cast<char>(inside.size() >> 8) +
         static_cast<char>(inside.size() & 0xFFU) + inside;
}
/// Without a length, up to two zero bytes.
std::string ber(unsigned type, const std::string& inside) {
  return std::string{static_cast<char>(type), '\x80'} + inside + "\0\0"s;
}

std::string pkcs7(char type) { return der(6, "\x2A\x86\x48\x86\xF7\x0D\x01\x07"s + type); }
std::string auth_enveloped() { return der(6, "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17"s); }
std::string version(char number) { return der(2, std::string(1, number)); }
std::string noise() { return std::string(300, '\x9C'); }
std::string enveloped_fields() { return version(2) + der(0x31, noise()) + der(0x30, noise()); }
std::string info(const std::string& type, const std::string& fields) {
  return der(0x30, type + der(0xA0, der(0x30, fields)));
}
std::string plain_info() { return der(0x30, pkcs7(1) + der(0xA0, der(4, "bags"))); }
std::string encrypted_info() { return info(pkcs7(6), version(0) + der(0x30, noise())); }
std::string key_store(const std::string& octets) {
  return der(0x30, version(3) + der(0x30, pkcs7(1) + der(0xA0, octets)) + der(0x30, noise()));
}

TEST(CmsDer, SeesEncryptedContentInEveryForm) {
  const std::pair<const char*, std::string> kLocked[] = {
      {"enveloped", info(pkcs7(3), enveloped_fields())},
      {"enveloped, with the sender",
       info(pkcs7(3), version(2) + der(0xA0, noise()) + der(0x31, noise()))},
      {"signed and enveloped", info(pkcs7(4), enveloped_fields())},
      {"encrypted", encrypted_info()},
      {"authenticated",
       info(auth_enveloped(), version(0) + der(0x31, noise()) + der(0x30, noise()))},
      {"without lengths", ber(0x30, pkcs7(3) + ber(0xA0, ber(0x30, enveloped_fields())))},
      {"signed around it",
       info(pkcs7(2), version(3) + der(0x31, "") + der(0x30, pkcs7(3) + der(0xA0, noise())))},
      {"cut off", info(pkcs7(3), enveloped_fields()).substr(0, 60)},
      {"store with an encrypted part",
       key_store(der(4, der(0x30, encrypted_info() + plain_info())))},
      {"store, encrypted part second",
       key_store(der(4, der(0x30, plain_info() + encrypted_info())))},
      {"store without lengths",
       key_store(
           der(4, ber(0x30, ber(0x30, pkcs7(1) + ber(0xA0, der(4, "bags"))) + encrypted_info())))},
      {"store in parts",
       key_store(ber(0x24, der(4, der(0x30, plain_info() + encrypted_info()).substr(0, 30)) +
                               der(4, der(0x30, plain_info() + encrypted_info()).substr(30))))},
  };
  for (const auto& [name, bytes] : kLocked) EXPECT_TRUE(is_locked(bytes)) << name;
}

TEST(CmsDer, LeavesSignaturesCertificatesAndKeysAlone) {
  const std::string pbes2 =
      der(0x30, der(6, "\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D"s) + der(0x30, noise()));
  const std::pair<const char*, std::string> kOpen[] = {
      {"nothing", ""},
      {"signed",
       info(pkcs7(2), version(1) + der(0x31, noise()) + der(0x30, pkcs7(1)) + der(0xA0, noise()))},
      {"data", der(0x30, pkcs7(1) + der(0xA0, der(4, "text")))},
      {"digested", info(pkcs7(5), version(0) + der(0x30, noise()))},
      {"certificate", der(0x30, der(0x30, der(0xA0, version(2)) + noise()) + noise())},
      {"encrypted key", der(0x30, pbes2 + der(4, noise()))},
      {"store with plain parts", key_store(der(4, der(0x30, plain_info() + plain_info())))},
      {"a type alone", der(0x30, pkcs7(3))},
      {"a type and text", der(0x30, pkcs7(3) + "and so on")},
      {"a type and other content", der(0x30, pkcs7(3) + der(0xA0, der(4, "text")))},
      {"text", "0 is the first digit of ten."},
  };
  for (const auto& [name, bytes] : kOpen) EXPECT_FALSE(is_locked(bytes)) << name;
}

TEST(CmsDer, TakesNoLargeFileForAKey) {
  const std::string pbes2 =
      der(0x30, der(6, "\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D"s) + der(0x30, noise()));
  const std::string large = std::string("\x04\x83\x02\0\0", 5) + std::string(1000, '\x9C');
  EXPECT_TRUE(is_locked(std::string("\x30\x83\x02\x10\0", 5) + pbes2 + large));
}

}  // namespace
}  // namespace cordon
