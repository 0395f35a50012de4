#include "clamav/openpgp_content.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "clamav/armour.h"
#include "clamav/inflate.h"
#include "clamav/member_feed.h"

namespace cordon {
namespace {

constexpr int kDepthMax = 8;
constexpr std::uint64_t kPacketsMax = 1'000'000;

// RFC 9580 section 5.
enum Tag : std::uint8_t {
  kPublicKeySession = 1,
  kSignature = 2,
  kPasswordSession = 3,
  kOnePassSignature = 4,
  kCompressed = 8,
  kEncrypted = 9,
  kMarker = 10,
  kLiteral = 11,
  kEncryptedAndSealed = 18,
  kAead = 20,
};

std::uint8_t octet(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// Big-endian, of up to four octets.
std::uint64_t number(std::string_view bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | octet(bytes, i);
  return value;
}

struct Length {
  std::size_t header_bytes;
  std::uint64_t bytes;
  bool partial;  ///< Another length follows behind the bytes.
};

/// RFC 9580 4.2.1.
std::optional<Length> new_length(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const std::uint64_t first = octet(bytes, 0);
  if (first < 192) return Length{1, first, false};
  if (first < 224) {
    if (bytes.size() < 2) return std::nullopt;
    return Length{2, ((first - 192) << 8) + octet(bytes, 1) + 192, false};
  }
  if (first < 255) return Length{1, 1ULL << (first & 0x1FU), true};
  if (bytes.size() < 5) return std::nullopt;
  return Length{5, number(bytes.substr(1), 4), false};
}

/// RFC 9580 4.2.2; the fourth kind goes to the end of the message.
std::optional<Length> old_length(std::uint8_t type, std::string_view bytes) {
  constexpr std::size_t kIndeterminate = 3;
  if (type == kIndeterminate) return Length{0, bytes.size(), false};
  const std::size_t count = std::size_t{1} << type;
  if (bytes.size() < count) return std::nullopt;
  return Length{count, number(bytes, count), false};
}

struct PacketHeader {
  std::uint8_t tag;
  std::size_t tag_bytes = 1;
  Length length;
};

std::optional<PacketHeader> packet_header(std::string_view bytes) {
  if (bytes.empty() || (octet(bytes, 0) & 0x80U) == 0) return std::nullopt;
  const std::uint8_t first = octet(bytes, 0);
  const bool is_new = (first & 0x40U) != 0;
  const auto length =
      is_new ? new_length(bytes.substr(1)) : old_length(first & 3U, bytes.substr(1));
  if (!length) return std::nullopt;
  const auto tag = static_cast<std::uint8_t>(is_new ? first & 0x3FU : first >> 2 & 0x0FU);
  return PacketHeader{.tag = tag, .length = *length};
}

/// Whether it is by chance alone that the bytes may begin like a packet of literal data (RFC 9580
/// 5.9): it is told in two octets, and the name behind them is none.
bool is_literal_by_chance(std::string_view bytes) {
  const auto header = packet_header(bytes);
  if (!header || header->tag != kLiteral || header->length.partial) return false;
  const std::string_view body = bytes.substr(header->tag_bytes + header->length.header_bytes);
  if (body.size() < 2) return false;
  const std::size_t name_bytes = octet(body, 1);
  const std::string_view name = body.substr(2, name_bytes);
  const bool is_name = is_utf8(name) && std::none_of(name.begin(), name.end(), [](char c) {
                         return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
                       });
  return !is_name || header->length.bytes < 2 + name_bytes + 4;
}

/// `is_proven`: that it is OpenPGP at all. Otherwise what does not fit is told of nobody's message:
/// all that is there lies in the open.
class PacketReader {
 public:
  PacketReader(MemberFeed& feed, bool is_proven) : feed_(feed), is_proven_(is_proven) {}

  void read(std::string_view packets, int depth) {
    if (depth > kDepthMax) {
      return feed_.report(Reason::limit, "an OpenPGP message is nested too deeply");
    }
    while (!packets.empty() && feed_.wants_more()) {
      if (++packets_ > kPacketsMax) {
        return feed_.report(Reason::limit, "an OpenPGP message has too many packets");
      }
      if (!read_packet(packets, depth)) return;
    }
  }

 private:
  void unread(const char* why) {
    if (is_proven_) feed_.report(Reason::unsupported, why);
  }
  void damaged() { unread("an OpenPGP message is damaged or cut off"); }

  /// Takes one packet off the beginning. False: there is nothing to be read behind it.
  bool read_packet(std::string_view& packets, int depth) {
    const auto header = packet_header(packets);
    if (!header) {
      damaged();
      return false;
    }
    packets.remove_prefix(header->tag_bytes);
    Length length = header->length;
    StagedMember joined = feed_.staged();
    while (length.partial) {
      const std::string_view piece = take(packets, length);
      joined.append(piece);
      const auto next = new_length(packets);
      if (piece.size() < length.bytes || joined.problem() || !next) {
        damaged();
        length = {0, 0, false};
        break;
      }
      length = *next;
    }
    const std::string_view last = take(packets, length);
    if (last.size() < length.bytes) damaged();
    if (joined.size() == 0) return use(header->tag, last, depth);
    joined.append(last);
    return use_joined(header->tag, joined, depth);
  }

  static std::string_view take(std::string_view& packets, const Length& length) {
    packets.remove_prefix(std::min(length.header_bytes, packets.size()));
    const std::string_view out = packets.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(length.bytes, packets.size())));
    packets.remove_prefix(out.size());
    return out;
  }

  bool use_joined(std::uint8_t tag, StagedMember& body, int depth) {
    bool go_on = false;
    feed_.show(body, [&](std::string_view bytes) { go_on = use(tag, bytes, depth); });
    return go_on;
  }

  bool use(std::uint8_t tag, std::string_view body, int depth) {
    switch (tag) {
      case kPublicKeySession:
      case kPasswordSession:
      case kEncrypted:
      case kEncryptedAndSealed:
      case kAead:
        return false;
      case kLiteral:
        give_literal(body);
        return true;
      case kCompressed:
        read_compressed(body, depth);
        return true;
      default:  // The list of packets is open: RFC 9580 4.3 lets readers skip what they do not
                // know.
        return true;
    }
  }

  /// RFC 9580 5.9: format, length of the file name, the name, a date of four octets.
  void give_literal(std::string_view body) {
    const std::size_t name_bytes = body.size() < 2 ? 0 : octet(body, 1);
    const std::size_t head_bytes = 2 + name_bytes + 4;
    if (body.size() < head_bytes) return damaged();
    feed_.give(body.substr(head_bytes));
  }

  void read_compressed(std::string_view body, int depth) {
    const int algorithm = body.empty() ? -1 : octet(body, 0);
    const std::string_view packed = body.substr(std::min<std::size_t>(1, body.size()));
    if (algorithm == 0) return read(packed, depth + 1);
    if (algorithm == 3) return read_bzip2(packed, depth);
    if (algorithm != 1 && algorithm != 2) {
      return unread("an OpenPGP message is compressed in an unknown way");
    }
    StagedMember unpacked = feed_.staged();
    const InflateForm form = algorithm == 1 ? InflateForm::deflate : InflateForm::zlib;
    const bool is_whole = inflate_into(packed, form, feed_, unpacked);
    is_proven_ = is_proven_ || unpacked.size() > 0;
    if (!is_whole) damaged();
    feed_.show(unpacked, [&](std::string_view bytes) { read(bytes, depth + 1); });
  }

  void read_bzip2(std::string_view packed, int depth) {
    const Unpacking unpacked =
        for_each_member(ContainerKind::bzip2, as_bytes_of(packed), feed_.temp_directory(),
                        feed_.limits(), [&](std::span<const std::byte> bytes) {
                          read(text_of(bytes), depth + 1);
                          return true;
                        });
    if (unpacked.problem) feed_.report(unpacked.problem->reason, unpacked.problem->message);
  }

  MemberFeed& feed_;
  bool is_proven_;
  std::uint64_t packets_ = 0;
};

bool is_literal_format(char c) {
  return c == 'b' || c == 't' || c == 'u' || c == 'm' || c == 'l' || c == '1';
}

/// What a message in the clear begins with. Two octets of a header prove little, so the body must
/// make sense too.
bool starts_message(std::string_view bytes, int depth) {
  const auto header = packet_header(bytes);
  if (!header || depth > 2) return false;
  const std::size_t head_bytes = header->tag_bytes + header->length.header_bytes;
  const std::string_view body = bytes.substr(std::min(head_bytes, bytes.size()));
  if (body.size() < 6) return false;
  switch (header->tag) {
    case kOnePassSignature:  // RFC 9580 5.4; type 0 or 1 is a document.
      return (octet(body, 0) == 3 || octet(body, 0) == 6) && octet(body, 1) <= 1 &&
             header->length.bytes < 64;
    case kSignature:
      return octet(body, 0) >= 3 && octet(body, 0) <= 6 &&
             (octet(body, 1) <= 1 || (octet(body, 0) == 3 && octet(body, 1) == 5)) &&
             header->length.bytes < 16'384;
    case kLiteral:
      return is_literal_format(body[0]);
    case kMarker:
      return body.starts_with("PGP") && header->length.bytes == 3;
    case kCompressed:
      if (octet(body, 0) == 0) return starts_message(body.substr(1), depth + 1);
      if (octet(body, 0) == 3) return body.substr(1).starts_with("BZh");
      if (octet(body, 0) > 3) return false;
      return starts_message(
          inflate_beginning(body.substr(1),
                            octet(body, 0) == 1 ? InflateForm::deflate : InflateForm::zlib, 64),
          depth + 1);
    default:
      return false;
  }
}

}  // namespace

Unpacking read_openpgp_content(std::span<const std::byte> message,
                               const std::filesystem::path& temp_directory,
                               const UnpackLimits& limits, const UseMember& use) {
  MemberFeed feed(limits, temp_directory, use);
  const std::string_view bytes = text_of(message);
  PacketReader reader(feed, !is_literal_by_chance(bytes));
  if (!bytes.starts_with("-----BEGIN ")) {
    reader.read(bytes, 0);
    return feed.result();
  }
  StagedMember decoded = feed.staged();
  if (!begins_armour(bytes) || !decode_armour(bytes, decoded)) return feed.result();
  feed.show(decoded, [&](std::string_view packets) { reader.read(packets, 0); });
  return feed.result();
}

bool looks_like_openpgp(std::span<const std::byte> content) {
  const std::string_view bytes =
      text_of(content.first(std::min<std::size_t>(content.size(), 1024)));
  if (bytes.starts_with("-----BEGIN PGP ")) return begins_armour(bytes);
  return starts_message(bytes, 0);
}

}  // namespace cordon
