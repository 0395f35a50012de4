#include "clamav/armored_text.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

using namespace std::string_literals;

std::string_view locked(std::string_view text) {
  return locked_in_text(as_bytes_of(text)).value_or("");
}

std::string lines_of(std::string text, std::size_t width, std::string_view end) {
  std::string out;
  for (; text.size() > width; text.erase(0, width)) out += text.substr(0, width) + std::string(end);
  return out + text + std::string(end);
}

std::string in_base64(const std::string& bytes, std::string_view end = "\n") {
  return lines_of(base64(as_bytes_of(bytes)), 64, end);
}

std::string block(std::string_view label, const std::string& body,
                  const std::string& headers = "") {
  return "-----BEGIN " + std::string(label) + "-----\n" + headers + body + "-----END " +
         std::string(label) + "-----\n";
}

std::string noise() { return std::string(300, '\x9C'); }
/// A password's packet, and one of integrity-protected data.
std::string openpgp() {
  return "\xC3\x0D\4\x09\3\x08"s + std::string(8, 's') + "\xE0\xD2\xFF\0\0\1\x2D\1"s + noise();
}
std::string openpgp_literal() { return "\xCB\x0A\x62\0\0\0\0\0text"s; }
std::string enveloped(unsigned head) {
  const std::string type = "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03"s;
  const std::string rest = type + "\xA0\x82\1\x30\x30\x82\1\x2C\2\1\2\x31\x82\1\0"s + noise();
  if (head == 2) return "\x30\x80"s + rest;
  if (head == 4) return "\x30\x82\1\x40"s + rest;
  if (head == 5) return "\x30\x83\0\1\x40"s + rest;
  return "\x30\x84\0\0\1\x40"s + rest;
}
std::string salted() { return "Salted__" + std::string(8, '\x81') + noise(); }

TEST(ArmoredText, SeesLockedBlocksWhereverTheyStand) {
  const std::string message = block("PGP MESSAGE", in_base64(openpgp()) + "=AbCd\n", "\n");

  EXPECT_EQ(locked(message), "OpenPGP message");
  EXPECT_EQ(locked("Dear all,\nsee below.\n" + message + "Regards\n"), "OpenPGP message");
  EXPECT_EQ(locked(block("PGP MESSAGE", in_base64(openpgp()), "Version: 1\nComment: a, b\n\n")),
            "OpenPGP message");
  EXPECT_EQ(locked(block("PGP MESSAGE, PART 1/2", in_base64(openpgp()), "\n")), "OpenPGP message");
  EXPECT_EQ(locked(block("AGE ENCRYPTED FILE",
                         in_base64("age-encryption.org/v1\n-> X25519 abc\n" + noise()))),
            "age file");
  EXPECT_EQ(locked(block("PKCS7", in_base64(enveloped(4)))), "CMS message (S/MIME)");
  EXPECT_EQ(locked(block("CMS", in_base64(enveloped(2)))), "CMS message (S/MIME)");
}

TEST(ArmoredText, SeesThemQuotedIndentedAndWithOtherEndsOfLines) {
  const std::string message = block("PGP MESSAGE", in_base64(openpgp()), "\n");
  for (const std::string_view prefix : {"> ", ">> ", "  ", "\t"}) {
    std::string quoted = "Somebody wrote:\n";
    for (const char c : message) {
      if (quoted.back() == '\n') quoted += prefix;
      quoted += c;
    }
    EXPECT_EQ(locked(quoted), "OpenPGP message") << prefix;
  }
  for (const std::string end : {"\r\n", "\r"}) {
    std::string other = "Text" + end;
    for (const char c : message) other += c == '\n' ? end : std::string(1, c);
    EXPECT_EQ(locked(other), "OpenPGP message");
  }
  std::string wide = "\xFF\xFE";
  for (const char c : message) wide += std::string{c, '\0'};
  EXPECT_EQ(locked(wide), "OpenPGP message");
}

TEST(ArmoredText, SeesBase64ThatBeginsATextOrAPartOfAMail) {
  const std::string head =
      "Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n";
  for (const unsigned size : {2U, 4U, 5U, 6U}) {
    EXPECT_EQ(locked(in_base64(enveloped(size))), "CMS message (S/MIME)") << size;
    EXPECT_EQ(locked(head + in_base64(enveloped(size), "\r\n")), "CMS message (S/MIME)") << size;
  }
  EXPECT_EQ(locked(in_base64(salted())), "OpenSSL file");
  EXPECT_EQ(locked(base64(as_bytes_of(salted()))), "OpenSSL file");
  EXPECT_EQ(locked("\n" + in_base64(salted())), "OpenSSL file");
  EXPECT_EQ(locked(head + in_base64(salted()) + "\n--boundary--\n"), "OpenSSL file");
}

TEST(ArmoredText, TakesNoTextAboutTheseFormatsForThem) {
  const std::pair<const char*, std::string> kOpen[] = {
      {"nothing", ""},
      {"prose", "A message begins with\n-----BEGIN PGP MESSAGE-----\nand then comes base64.\n"},
      {"prose in a block", block("PGP MESSAGE", "some lines of text\nand no packets\n", "\n")},
      {"in the middle of a line", "as in `" + block("PGP MESSAGE", in_base64(openpgp()), "\n")},
      {"literal data", block("PGP MESSAGE", in_base64(openpgp_literal()), "\n")},
      {"a signature", block("PGP SIGNATURE", in_base64("\xC2\x4E\4" + noise()), "\n")},
      {"a certificate", block("CERTIFICATE", in_base64("\x30\x82\1\x20\x30\x82" + noise()))},
      {"a key", block("ENCRYPTED PRIVATE KEY", in_base64("\x30\x82\1\x20\x30\x82" + noise()))},
      {"a secret in settings", "a:\n  b: U2FsdGVkX1" + base64(as_bytes_of(salted())).substr(10)},
      {"the same in JSON", "{\"a\": \"" + base64(as_bytes_of(enveloped(4))) + "\"}\n"},
      {"a line among lines", "text\n" + in_base64(salted())},
      {"the mark in base64 and text", in_base64("Salted__ is how openssl enc begins its files.")},
      {"base64 of noise", in_base64(noise())},
      {"only the line", "-----BEGIN PGP MESSAGE-----"},
  };
  for (const auto& [name, text] : kOpen) EXPECT_EQ(locked(text), "") << name;
}

}  // namespace
}  // namespace cordon
