#include "clamav/cms_content.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "clamav/armour.h"
#include "clamav/ber.h"
#include "clamav/inflate.h"
#include "clamav/member_feed.h"
#include "clamav/transfer_codings.h"

// A walk of our own rather than OpenSSL's: it needs five elements of the message, copies nothing
// that it does not give, and takes what is signed with algorithms that the library was built
// without.

namespace cordon {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint8_t kOctetString = 0x04;
constexpr std::uint8_t kObjectId = 0x06;
constexpr std::uint8_t kSequence = 0x10;
constexpr std::uint8_t kExplicit0 = 0x80;
constexpr int kDepthMax = 8;

// 1.2.840.113549.1.7.n and 1.2.840.113549.1.9.16.1.n
constexpr std::string_view kPkcs7 = "\x2A\x86\x48\x86\xF7\x0D\x01\x07"sv;
constexpr std::string_view kSmimeTypes = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01"sv;
constexpr std::string_view kSigned = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv;
constexpr std::string_view kDigested = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x05"sv;
constexpr std::string_view kAuthenticated = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x02"sv;
constexpr std::string_view kCompressed = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x09"sv;
/// 1.2.840.113549.1.9.16.3.8
constexpr std::string_view kZlib = "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x03\x08"sv;

bool holds_content(std::string_view type) {
  return type == kSigned || type == kDigested || type == kAuthenticated || type == kCompressed;
}

bool starts_with_object_id(std::string_view elements) {
  BerReader reader(elements);
  const auto first = reader.next();
  return first && first->is(kObjectId);
}

class CmsReader {
 public:
  explicit CmsReader(MemberFeed& feed) : feed_(feed) {}

  /// ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT }, and the
  /// EncapsulatedContentInfo within, which looks the same. `compressed`: its octets are a zlib
  /// stream.
  void read_content_info(std::string_view elements, bool compressed, int depth) {
    if (depth > kDepthMax) {
      return feed_.report(Reason::limit, "a signed message is nested too deeply");
    }
    BerReader reader(elements);
    const auto type = reader.next();
    if (!type || !type->is(kObjectId)) return damaged();
    const auto wrapper = reader.next();
    if (!wrapper) return;  // The signature of something that is elsewhere.
    if (!wrapper->is(kExplicit0)) return damaged();
    if (wrapper->is_cut_off) damaged();
    BerReader inside(wrapper->content);
    const auto content = inside.next();
    if (!content) return damaged();
    if (content->is(kOctetString)) return give_octets(*content, type->content, compressed, depth);
    if (holds_content(type->content)) return read_type(type->content, content->content, depth);
    // PKCS #7 allows any element, and Authenticode has one.
    if (depth > 0) feed_.give(content->content);
  }

 private:
  void damaged() { feed_.report(Reason::unsupported, "a signed message is damaged or cut off"); }

  /// Finds the EncapsulatedContentInfo in one of the four types: the first SEQUENCE that starts
  /// with an OBJECT IDENTIFIER and is no AlgorithmIdentifier.
  void read_type(std::string_view type, std::string_view elements, int depth) {
    BerReader reader(elements);
    // signedData names its algorithms in a SET; the other types name one each in a SEQUENCE.
    bool algorithm_follows = type != kSigned;
    while (const auto element = reader.next()) {
      if (!element->is(kSequence)) continue;
      if (std::exchange(algorithm_follows, false)) {
        if (type == kCompressed && !is_zlib(element->content)) {
          return feed_.report(Reason::unsupported, "a message is compressed in an unknown way");
        }
        continue;
      }
      return read_content_info(element->content, type == kCompressed, depth + 1);
    }
    damaged();
  }

  static bool is_zlib(std::string_view algorithm) {
    BerReader reader(algorithm);
    const auto id = reader.next();
    return id && id->is(kObjectId) && id->content == kZlib;
  }

  void give_octets(const BerElement& octets, std::string_view type, bool compressed, int depth) {
    StagedMember packed = feed_.staged();
    if (!join_octets(octets, packed)) damaged();
    if (!compressed) return give_content(packed, type, depth);
    StagedMember content = feed_.staged();
    feed_.show(packed, [&](std::string_view bytes) {
      if (!inflate_into(bytes, InflateForm::zlib, feed_, content)) damaged();
    });
    give_content(content, type, depth);
  }

  /// RFC 5652 5.2: the octets are the encoding of what `type` says, or bytes.
  void give_content(StagedMember& content, std::string_view type, int depth) {
    feed_.give(content);
    if (content.problem() || !holds_content(type)) return;
    feed_.show(content, [&](std::string_view bytes) {
      BerReader reader(bytes);
      const auto element = reader.next();
      if (!element || !element->is(kSequence)) return damaged();
      // As it should be, or a whole message again.
      if (starts_with_object_id(element->content)) {
        read_content_info(element->content, false, depth + 1);
      } else {
        read_type(type, element->content, depth + 1);
      }
    });
  }

  MemberFeed& feed_;
};

bool starts_content_info(std::string_view bytes) {
  BerReader reader(bytes);
  const auto outer = reader.next();
  if (!outer || outer->tag != (kSequence | 0x20U)) return false;
  BerReader inside(outer->content);
  const auto type = inside.next();
  return type && type->is(kObjectId) &&
         (type->content.starts_with(kPkcs7) || type->content.starts_with(kSmimeTypes));
}

/// The first bytes of base64 without armour, as some programs write it.
std::string decoded_beginning(std::string_view text) {
  constexpr std::size_t kBytes = 128;
  if (!text.starts_with("MI")) return {};
  const std::filesystem::path nowhere;  // So few bytes need no file.
  StagedMember out(nowhere, kBytes);
  std::string bytes;
  if (decode_base64(text.substr(0, kBytes), out) > 0) return {};
  if (!out.show([&](std::string_view shown) { bytes = shown; })) return {};
  return bytes;
}

void read_binary(std::string_view bytes, MemberFeed& feed) {
  BerReader reader(bytes);
  const auto outer = reader.next();
  if (!outer || !outer->is(kSequence)) {
    return feed.report(Reason::unsupported, "a signed message is damaged or cut off");
  }
  if (outer->is_cut_off) feed.report(Reason::unsupported, "a signed message is cut off");
  CmsReader(feed).read_content_info(outer->content, false, 0);
}

void read_decoded(StagedMember& decoded, MemberFeed& feed) {
  feed.show(decoded, [&](std::string_view bytes) { read_binary(bytes, feed); });
}

}  // namespace

Unpacking read_cms_content(std::span<const std::byte> message,
                           const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                           const UseMember& use) {
  MemberFeed feed(limits, temp_directory, use);
  const std::string_view bytes = text_of(message);
  if (bytes.starts_with("-----BEGIN ")) {
    StagedMember decoded = feed.staged();
    if (decode_armour(bytes, decoded)) read_decoded(decoded, feed);
  } else if (bytes.starts_with("MI")) {
    StagedMember decoded = feed.staged();
    decode_base64(bytes, decoded);
    read_decoded(decoded, feed);
  } else {
    read_binary(bytes, feed);
  }
  return feed.result();
}

bool looks_like_cms(std::span<const std::byte> content) {
  const std::string_view bytes = text_of(content.first(std::min<std::size_t>(content.size(), 256)));
  if (bytes.starts_with("-----BEGIN ")) return begins_armour(bytes) && bytes.substr(11, 3) != "PGP";
  return starts_content_info(bytes) || starts_content_info(decoded_beginning(bytes));
}

}  // namespace cordon
