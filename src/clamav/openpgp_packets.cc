#include "clamav/openpgp_packets.h"

#include <cstdint>
#include <optional>

#include "clamav/layer_bytes.h"

// Binary OpenPGP has no mark: a message begins with a packet head, which is one byte and a length.
// So each packet's inside must make sense too: the version, the algorithm, and lengths that end
// where the packet does.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

/// RFC 9580 section 5, table 3.
enum Tag : unsigned {
  kPublicKeyEsk = 1,
  kSignature = 2,
  kSymmetricEsk = 3,
  kOnePassSignature = 4,
  kEncrypted = 9,
  kMarker = 10,
  kProtected = 18,
  kAead = 20,  ///< Of GnuPG 2.3 and RFC 4880bis.
  kPadding = 21,
};

struct Packet {
  unsigned tag = 0;
  Bytes body = {};            ///< What is there of it.
  bool whole = false;         ///< All of it is there.
  bool open_ended = false;    ///< In parts, or to the end of the message.
  std::size_t behind = 0;     ///< Where the next one begins.
  bool exact_length = false;  ///< The length takes two bytes or more.
};

unsigned at(Bytes bytes, std::size_t place) { return std::to_integer<unsigned>(bytes[place]); }

struct Length {
  std::uint64_t bytes = 0;
  std::size_t head = 0;  ///< Bytes that the length itself takes.
  bool open_ended = false;
};

/// RFC 9580 4.2.2: the length types of the older packet head.
std::optional<Length> old_length(Bytes bytes, unsigned type) {
  if (type == 3) return Length{.head = 0, .open_ended = true};
  const std::size_t head = std::size_t{1} << type;
  if (bytes.size() < 1 + head) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < head; ++i) value = value << 8U | at(bytes, 1 + i);
  return Length{.bytes = value, .head = head};
}

/// RFC 9580 4.2.1.
std::optional<Length> new_length(Bytes bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const unsigned first = at(bytes, 1);
  if (first < 192) return Length{.bytes = first, .head = 1};
  if (first < 224) {
    if (bytes.size() < 3) return std::nullopt;
    return Length{.bytes = ((first - 192) << 8U) + at(bytes, 2) + 192, .head = 2};
  }
  if (first < 255) return Length{.head = 1, .open_ended = true};
  if (bytes.size() < 6) return std::nullopt;
  return Length{.bytes = big_endian<std::uint32_t>(bytes, 2), .head = 5};
}

std::optional<Packet> packet_at(Bytes bytes) {
  if (bytes.empty() || (at(bytes, 0) & 0x80U) == 0) return std::nullopt;
  const bool is_new = (at(bytes, 0) & 0x40U) != 0;
  Packet packet;
  packet.tag = is_new ? at(bytes, 0) & 0x3FU : at(bytes, 0) >> 2U & 0x0FU;
  const std::optional<Length> length =
      is_new ? new_length(bytes) : old_length(bytes, at(bytes, 0) & 3U);
  if (!length) return std::nullopt;
  const Bytes rest = bytes.subspan(1 + length->head);
  packet.open_ended = length->open_ended;
  packet.whole = !length->open_ended && length->bytes <= rest.size();
  packet.body = packet.whole ? rest.first(static_cast<std::size_t>(length->bytes)) : rest;
  packet.behind = bytes.size() - rest.size() + packet.body.size();
  packet.exact_length = packet.whole && length->head >= 2;
  return packet;
}

/// RFC 9580 3.2: the number of bits, then as many bytes as they take. Returns the bytes behind it.
std::optional<Bytes> behind_number(Bytes bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::size_t size = (std::size_t{big_endian<std::uint16_t>(bytes, 0)} + 7) / 8;
  if (size == 0 || size > bytes.size() - 2) return std::nullopt;
  return bytes.subspan(2 + size);
}

/// RFC 9580 5.1, by public-key algorithm.
bool holds_session_key(unsigned algorithm, Bytes fields) {
  constexpr unsigned kLastPrivateAlgorithm = 110;
  switch (algorithm) {
    case 1:
    case 2: {  // RSA
      const auto behind = behind_number(fields);
      return behind && behind->empty();
    }
    case 16:
    case 20: {  // Elgamal
      const auto first = behind_number(fields);
      const auto second = first ? behind_number(*first) : std::nullopt;
      return second && second->empty();
    }
    case 18: {  // ECDH
      const auto behind = behind_number(fields);
      return behind && !behind->empty() && at(*behind, 0) + 1U == behind->size();
    }
    case 25:
      return fields.size() > 33 && at(fields, 32) + 33U == fields.size();  // X25519
    case 26:
      return fields.size() > 57 && at(fields, 56) + 57U == fields.size();  // X448
    default:
      return algorithm > 26 && algorithm <= kLastPrivateAlgorithm && fields.size() >= 16;
  }
}

bool is_public_key_esk(Bytes body) {
  if (body.size() < 12) return false;
  if (at(body, 0) == 2 || at(body, 0) == 3) return holds_session_key(at(body, 9), body.subspan(10));
  if (at(body, 0) != 6) return false;
  const std::size_t fingerprint = at(body, 1);  // Of the key, with its version; 0 for none.
  if (fingerprint != 0 && fingerprint != 21 && fingerprint != 33) return false;
  if (body.size() < 3 + fingerprint) return false;
  return holds_session_key(at(body, 2 + fingerprint), body.subspan(3 + fingerprint));
}

bool is_cipher(unsigned id) { return (id >= 1 && id <= 13) || (id >= 100 && id <= 110); }

/// RFC 9580 3.7.1: how many bytes the description of the password's hashing takes.
std::optional<std::size_t> s2k_bytes(Bytes bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const bool hash_known = at(bytes, 1) >= 1 && at(bytes, 1) <= 14;
  switch (at(bytes, 0)) {
    case 0:
      return hash_known ? std::optional<std::size_t>(2) : std::nullopt;
    case 1:
      return hash_known ? std::optional<std::size_t>(10) : std::nullopt;
    case 3:
      return hash_known ? std::optional<std::size_t>(11) : std::nullopt;
    case 4:
      return 20;  // Argon2
    default:
      return std::nullopt;
  }
}

bool is_symmetric_esk(Bytes body) {
  if (body.size() < 4) return false;
  const unsigned version = at(body, 0);
  if (version == 4) {
    const auto s2k = s2k_bytes(body.subspan(2));
    constexpr std::size_t kKeyBytesMax = 1 + 32;
    return is_cipher(at(body, 1)) && s2k && body.size() >= 2 + *s2k &&
           body.size() <= 2 + *s2k + kKeyBytesMax;
  }
  // Version 6 says the length of what follows, version 5 does not.
  if (version != 5 && version != 6) return false;
  const std::size_t fields = version == 6 ? 2 : 1;
  const std::size_t s2k_at = version == 6 ? 5 : 3;
  if (body.size() < s2k_at + 2) return false;
  const unsigned aead = at(body, fields + 1);
  return is_cipher(at(body, fields)) && aead >= 1 && aead <= 3 &&
         s2k_bytes(body.subspan(s2k_at)).has_value() && body.size() <= 128;
}

/// RFC 9580 5.13.1 and 5.13.2.
bool is_protected_data(Bytes body) {
  if (body.empty()) return false;
  if (at(body, 0) == 1) return true;
  return body.size() >= 4 && at(body, 0) == 2 && is_cipher(at(body, 1)) && at(body, 2) >= 1 &&
         at(body, 2) <= 3 && at(body, 3) <= 16;
}

bool is_aead_data(Bytes body) {
  return body.size() >= 4 && at(body, 0) == 1 && is_cipher(at(body, 1)) && at(body, 2) >= 1 &&
         at(body, 2) <= 3 && at(body, 3) <= 56;
}

bool is_encrypted_data(const Packet& packet) {
  switch (packet.tag) {
    case kEncrypted:
      return !packet.body.empty();
    case kProtected:
      // In parts, the first length is of the part; the version is the next byte all the same.
      return is_protected_data(packet.body);
    case kAead:
      return is_aead_data(packet.body);
    default:
      return false;
  }
}

/// What may stand in front of the encrypted data and says nothing about it. Signatures: of a
/// message that was signed after it was encrypted.
bool may_stand_before(const Packet& packet) {
  switch (packet.tag) {
    case kMarker:
      return begins_with(packet.body, "PGP") && packet.body.size() == 3;
    case kPadding:
      return true;
    case kOnePassSignature:
      return packet.body.size() >= 13 && (at(packet.body, 0) == 3 || at(packet.body, 0) == 6);
    case kSignature:
      return packet.body.size() >= 10 && at(packet.body, 0) >= 2 && at(packet.body, 0) <= 6;
    default:
      return false;
  }
}

}  // namespace

bool is_locked_openpgp(Bytes bytes) {
  bool has_key = false;
  for (int count = 0; count < kOpenPgpPacketsMax; ++count) {
    const std::optional<Packet> packet = packet_at(bytes);
    if (!packet) return false;
    if (is_encrypted_data(*packet)) {
      const bool ends_here = packet->exact_length && packet->behind == bytes.size();
      return has_key || ends_here;
    }
    if (!packet->whole) return false;
    const bool key = (packet->tag == kPublicKeyEsk && is_public_key_esk(packet->body)) ||
                     (packet->tag == kSymmetricEsk && is_symmetric_esk(packet->body));
    if (!key && !may_stand_before(*packet)) return false;
    has_key = has_key || key;
    bytes = bytes.subspan(packet->behind);
  }
  return false;
}

}  // namespace cordon
