#include "clamav/openpgp_packets.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

using namespace std::string_literals;

bool is_locked(std::string_view bytes) { return is_locked_openpgp(as_bytes_of(bytes)); }

/// RFC 9580 4.2.1, a length of one or five bytes.
std::string packet(unsigned tag, const std::string& body) {
  std::string out(1, static_cast<char>(0xC0U | tag));
  if (body.size() < 192) return out + static_cast<char>(body.size()) + body;
  out += '\xFF';
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(body.size() >> shift & 0xFFU);
  return out + body;
}

/// The older head with a length of `count` bytes.
std::string old_packet(unsigned tag, const std::string& body, unsigned count) {
  const unsigned type = count == 1 ? 0 : count == 2 ? 1 : 2;
  std::string out(1, static_cast<char>(0x80U | tag << 2U | type));
  for (unsigned i = count; i-- > 0;) out += static_cast<char>(body.size() >> 8 * i & 0xFFU);
  return out + body;
}

/// 2,048 bits for RSA.
std::string number(std::size_t bytes) {
  const std::size_t bits = bytes * 8;
  return std::string{static_cast<char>(bits >> 8), static_cast<char>(bits & 0xFFU)} +
         std::string(bytes, '\xA7');
}

std::string key_id() { return std::string(8, '\x11'); }
std::string to_rsa() { return packet(1, "\3" + key_id() + "\1" + number(256)); }
std::string with_password() { return packet(3, "\4\x09\3\x08"s + std::string(8, 's') + "\xE0"); }
std::string noise() { return std::string(300, '\x9C'); }

TEST(OpenPgpPackets, SeesMessagesToAKeyAndWithAPassword) {
  const std::string elgamal = "\3" + key_id() + "\x10" + number(256) + number(255);
  const std::string ecdh = "\3" + key_id() + "\x12" + number(33) + "\x30" + std::string(48, 'k');
  const std::string x25519 =
      "\3" + key_id() + "\x19" + std::string(32, 'p') + "\x29" + std::string(41, 'k');
  const std::string version6 = "\6\x21\6"s + std::string(32, 'f') + "\x19" + std::string(32, 'p') +
                               "\x28" + std::string(40, 'k');
  const std::pair<const char*, std::string> kLocked[] = {
      {"RSA", to_rsa() + packet(18, "\1" + noise())},
      {"Elgamal", packet(1, elgamal) + packet(18, "\1" + noise())},
      {"ECDH", packet(1, ecdh) + packet(18, "\1" + noise())},
      {"X25519", packet(1, x25519) + packet(18, "\1" + noise())},
      {"version 6", packet(1, version6) + packet(18, "\2\x09\2\x10" + noise())},
      {"password", with_password() + packet(18, "\1" + noise())},
      {"password, simple", packet(3, "\4\x07\0\2"s) + packet(18, "\1" + noise())},
      {"password, Argon2",
       packet(3, "\4\x09\4"s + std::string(19, 'a')) + packet(18, "\1" + noise())},
      {"password, version 5",
       packet(3, "\5\x09\2\3\x08"s + std::string(9, 's') + std::string(60, 'k')) +
           packet(20, "\1\x09\2\x10" + noise())},
      {"password, version 6",
       packet(3, "\6\x1E\x09\2\x0B\3\x08"s + std::string(9, 's') + std::string(60, 'k')) +
           packet(18, "\2\x09\2\x10" + noise())},
      {"both", to_rsa() + with_password() + packet(18, "\1" + noise())},
      {"without integrity", with_password() + packet(9, noise())},
      {"older heads",
       old_packet(1, "\3" + key_id() + "\1" + number(256), 2) + old_packet(9, noise(), 4)},
      {"older head without length", with_password() + "\xA7" + noise()},
      {"in parts", with_password() + "\xD2\xEA\1" + noise()},
      {"behind a marker", packet(10, "PGP") + with_password() + packet(18, "\1" + noise())},
      {"behind padding", packet(21, noise()) + with_password() + packet(18, "\1" + noise())},
      {"signed outside",
       packet(4, "\3\0\x08\x01"s + key_id() + "\1") + with_password() + packet(18, "\1" + noise())},
      {"cut off", (to_rsa() + packet(18, "\1" + noise())).substr(0, 300)},
  };
  for (const auto& [name, bytes] : kLocked) EXPECT_TRUE(is_locked(bytes)) << name;
}

TEST(OpenPgpPackets, TakesAnEncryptedPacketAloneOnlyWhenItEndsWithTheBytes) {
  EXPECT_TRUE(is_locked(old_packet(9, noise(), 4)));
  EXPECT_TRUE(is_locked(old_packet(9, noise(), 2)));
  EXPECT_TRUE(is_locked(packet(18, "\1" + noise())));

  EXPECT_FALSE(is_locked(old_packet(9, noise(), 2) + "x"));
  EXPECT_FALSE(is_locked(old_packet(9, std::string(200, 'x'), 1)));
  EXPECT_FALSE(is_locked("\xA7" + noise()));
}

TEST(OpenPgpPackets, LeavesWhatIsNotEncryptedAlone) {
  const std::pair<const char*, std::string> kOpen[] = {
      {"nothing", ""},
      {"literal", packet(11, "b\0\0\0\0\0text"s)},
      {"compressed", packet(8, "\1" + noise())},
      {"signed", packet(4, "\3\0\x08\x01"s + key_id() + "\1") + packet(11, "b\0\0\0\0\0text"s) +
                     packet(2, "\4" + noise())},
      {"detached signature", packet(2, "\4" + noise())},
      {"key", packet(6, "\4" + noise()) + packet(13, "name")},
      {"secret key", packet(5, "\4" + noise())},
      {"session key without data", to_rsa()},
      {"session key, then text", to_rsa() + "text"},
      {"session key of an odd length",
       packet(1, "\3" + key_id() + "\1" + number(256) + "x") + packet(18, "\1" + noise())},
      {"unknown version of the data", to_rsa() + packet(18, "\7" + noise())},
      {"a picture", "\x89PNG\r\n\x1A\n" + noise()},
      {"a program", "\xCA\xFE\xBA\xBE\0\0\0\x34"s + noise()},
      {"text", "This is a text, and nothing else."},
  };
  for (const auto& [name, bytes] : kOpen) EXPECT_FALSE(is_locked(bytes)) << name;
}

}  // namespace
}  // namespace cordon
