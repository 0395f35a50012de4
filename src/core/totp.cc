#include "core/totp.h"

#include <array>
#include <span>

#include "base/digest.h"
#include "base/secret.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kBlock = 64;  // Of SHA-1.
constexpr std::chrono::seconds kStep{30};
constexpr std::int64_t kTolerance = 1;
constexpr std::uint32_t kDigits = 1'000'000;

std::string sha1_of(std::string_view a, std::string_view b) {
  Hasher hasher(Hasher::Kind::sha1);
  hasher.update(as_bytes_of(a));
  hasher.update(as_bytes_of(b));
  return hasher.finish();
}

// RFC 2104; the key is ours and never longer than a block.
std::string hmac_sha1(std::string_view key, std::string_view message) {
  std::string inner(kBlock, '\x36');
  std::string outer(kBlock, '\x5c');
  for (std::size_t i = 0; i < key.size() && i < kBlock; ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  const WipedLater wiped_inner(inner);
  const WipedLater wiped_outer(outer);
  return sha1_of(outer, sha1_of(inner, message));
}

std::string big_endian(std::int64_t number) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xFFU));
  }
  return out;
}

}  // namespace

std::int64_t code_step_of(SystemTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()) / kStep;
}

std::string code_of(std::string_view secret, std::int64_t step) {
  const std::string mac = hmac_sha1(secret, big_endian(step));
  const std::size_t at = static_cast<unsigned char>(mac.back()) & 0x0FU;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    bits = bits << 8U | static_cast<unsigned char>(mac[at + i]);
  }
  std::string digits = std::to_string((bits & 0x7FFF'FFFFU) % kDigits);
  return std::string(6 - digits.size(), '0') + digits;
}

std::optional<std::int64_t> step_of_code(std::string_view secret, std::string_view code,
                                         SystemTime now, std::int64_t last) {
  std::optional<std::int64_t> found;
  const std::int64_t present = code_step_of(now);
  // All of them, so that the time does not tell which one it was.
  for (std::int64_t step = present - kTolerance; step <= present + kTolerance; ++step) {
    if (equal_constant_time(code_of(secret, step), code) && step > last && !found) found = step;
  }
  return found;
}

std::string new_code_secret(Random& random) {
  std::array<std::uint64_t, 3> bits{};
  for (std::uint64_t& part : bits) part = random.next();
  const auto bytes = std::as_bytes(std::span(bits)).first(20);
  std::string secret(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  wipe(std::as_writable_bytes(std::span(bits)));
  return secret;
}

std::string base32(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8U | static_cast<unsigned char>(c);
    for (count += 8; count >= 5; count -= 5) out += kLetters[bits >> (count - 5) & 31U];
  }
  if (count > 0) out += kLetters[bits << (5 - count) & 31U];
  return out;
}

// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
std::string otpauth_uri(std::string_view secret, std::string_view person) {
  return "otpauth://totp/Cordon:" + percent_encode(person, /*keep_slash=*/false) +
         "?secret=" + base32(secret) + "&issuer=Cordon&algorithm=SHA1&digits=6&period=30";
}

}  // namespace cordon
