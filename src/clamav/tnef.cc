#include "clamav/tnef.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/text.h"
#include "clamav/member_feed.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kTnefMark = 0x223E9F78;
// [MS-OXTNEF] 2.1.3.2 and 2.1.3.3.
constexpr std::uint32_t kBody = 0x0002800C;
constexpr std::uint32_t kMessageProperties = 0x00069003;
constexpr std::uint32_t kAttachmentProperties = 0x00069005;
constexpr std::uint32_t kAttachmentData = 0x0006800F;
// [MS-OXPROPS]
constexpr std::uint16_t kTextBody = 0x1000;
constexpr std::uint16_t kRtfBody = 0x1009;
constexpr std::uint16_t kHtmlBody = 0x1013;
constexpr std::uint16_t kAttachedObject = 0x3701;

/// [MS-OXRTFCP] 2.1.3.1.5: what the dictionary starts with.
constexpr std::string_view kRtfDictionary =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript "
    "\\fdecor MS Sans SerifSymbolArialTimes New "
    "RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// [MS-OXRTFCP] 3.1: runs of eight tokens, each a byte or a reference into the last 4,096 bytes.
void unpack_rtf(std::string_view packed, StagedMember& out) {
  constexpr std::size_t kWindow = 4096;
  std::array<char, kWindow> window{};
  std::ranges::copy(kRtfDictionary, window.begin());
  std::size_t at = kRtfDictionary.size();
  const auto emit = [&](char c) {
    out.put(c);
    window[at] = c;
    at = (at + 1) % kWindow;
  };
  std::size_t in = 0;
  while (in < packed.size() && !out.problem()) {
    const auto control = static_cast<unsigned char>(packed[in++]);
    for (int bit = 0; bit < 8 && in < packed.size(); ++bit) {
      if ((control >> bit & 1) == 0) {
        emit(packed[in++]);
        continue;
      }
      if (in + 1 >= packed.size()) return;
      const auto high = static_cast<std::size_t>(static_cast<unsigned char>(packed[in]));
      const auto low = static_cast<std::size_t>(static_cast<unsigned char>(packed[in + 1]));
      in += 2;
      std::size_t from = high << 4 | low >> 4;
      if (from == at) return;  // The end.
      for (std::size_t i = 0; i < (low & 0x0F) + 2; ++i, from = (from + 1) % kWindow) {
        emit(window[from]);
      }
    }
  }
}

void give_rtf(std::string_view value, MemberFeed& feed) {
  constexpr std::size_t kHeaderBytes = 16;
  if (value.size() < kHeaderBytes) return;
  if (value.substr(8, 4) == "MELA") return feed.give(value.substr(kHeaderBytes));  // Not packed.
  StagedMember rtf = feed.staged();
  unpack_rtf(value.substr(kHeaderBytes), rtf);
  feed.give(rtf);
}

/// The bytes of one value of a fixed size; nothing for those that carry their length.
std::optional<std::size_t> fixed_size(std::uint16_t type) {
  switch (type) {
    case 0x0002:  // 16 bits, padded to four
    case 0x000B:
    case 0x0003:
    case 0x0004:
    case 0x000A:
    case 0x0001:
      return 4;
    case 0x0005:
    case 0x0006:
    case 0x0007:
    case 0x0014:
    case 0x0040:
      return 8;
    case 0x0048:
      return 16;
    default:
      return std::nullopt;
  }
}

/// [MS-OXTNEF] 2.1.3.4: a count of properties, each with its type, its id, perhaps a name, and
/// values.
class PropertyReader {
 public:
  PropertyReader(Bytes bytes, MemberFeed& feed) : reader_(bytes), feed_(feed) {}

  Result<void> read() {
    CORDON_TRY(const std::uint32_t count, reader_.u32());
    for (std::uint32_t i = 0; i < count && feed_.wants_more(); ++i) CORDON_TRY(read_property());
    return {};
  }

 private:
  Result<void> read_property() {
    constexpr std::uint16_t kManyValues = 0x1000;
    constexpr std::uint16_t kNamedFrom = 0x8000;
    CORDON_TRY(const std::uint16_t type, reader_.u16());
    CORDON_TRY(const std::uint16_t id, reader_.u16());
    if (id >= kNamedFrom) CORDON_TRY(skip_name());
    const auto one = static_cast<std::uint16_t>(type & ~kManyValues);
    const auto size = fixed_size(one);
    std::uint32_t values = 1;
    if (!size || one != type) {
      CORDON_TRY(values, reader_.u32());
    }
    for (std::uint32_t i = 0; i < values; ++i) CORDON_TRY(read_value(id, one, size));
    return {};
  }

  Result<void> skip_name() {
    CORDON_TRY(reader_.bytes(16));
    CORDON_TRY(const std::uint32_t kind, reader_.u32());
    std::uint32_t bytes = 4;
    if (kind == 1) {
      CORDON_TRY(bytes, reader_.u32());
    }
    return skip_padded(bytes);
  }

  Result<void> skip_padded(std::uint32_t bytes) {
    CORDON_TRY(reader_.bytes(bytes));
    const std::size_t padding = (4 - bytes % 4) % 4;
    CORDON_TRY(reader_.bytes(std::min(padding, reader_.left())));
    return {};
  }

  Result<void> read_value(std::uint16_t id, std::uint16_t type, std::optional<std::size_t> size) {
    if (size) {
      CORDON_TRY(reader_.bytes(*size));
      return {};
    }
    CORDON_TRY(const std::uint32_t length, reader_.u32());
    CORDON_TRY(const Bytes value, reader_.bytes(length));
    const std::size_t padding = (4 - length % 4) % 4;
    CORDON_TRY(reader_.bytes(std::min(padding, reader_.left())));
    use(id, type, text_of(value));
    return {};
  }

  void use(std::uint16_t id, std::uint16_t type, std::string_view value) {
    constexpr std::uint16_t kObject = 0x000D;
    constexpr std::size_t kInterfaceBytes = 16;
    if (id == kRtfBody) return give_rtf(value, feed_);
    if (id != kTextBody && id != kHtmlBody && id != kAttachedObject) return;
    if (type == kObject) value.remove_prefix(std::min(kInterfaceBytes, value.size()));
    feed_.give(value);
  }

  ByteReader reader_;
  MemberFeed& feed_;
};

/// One attribute: level, id, length, data, checksum.
Result<void> read_attribute(ByteReader& reader, MemberFeed& feed) {
  CORDON_TRY(reader.u8());
  CORDON_TRY(const std::uint32_t id, reader.u32());
  CORDON_TRY(const std::uint32_t length, reader.u32());
  if (length > reader.left()) {
    if (id == kAttachmentData) {
      CORDON_TRY(const Bytes rest, reader.bytes(reader.left()));
      feed.give(text_of(rest));
    }
    return Error{Errc::invalid, "TNEF attribute is cut off"};
  }
  CORDON_TRY(const Bytes data, reader.bytes(length));
  CORDON_TRY(reader.bytes(std::min<std::size_t>(2, reader.left())));
  if (id == kAttachmentData || id == kBody) feed.give(text_of(data));
  if (id == kMessageProperties || id == kAttachmentProperties) {
    CORDON_TRY(PropertyReader(data, feed).read());
  }
  return {};
}

Result<void> read_attributes(ByteReader& reader, MemberFeed& feed) {
  CORDON_TRY(const std::uint32_t mark, reader.u32());
  if (mark != kTnefMark) return Error{Errc::invalid, "no TNEF"};
  CORDON_TRY(reader.u16());
  // An attribute has eleven bytes at least; fewer are padding.
  while (reader.left() >= 11 && feed.wants_more()) CORDON_TRY(read_attribute(reader, feed));
  return {};
}

}  // namespace

Unpacking read_tnef(Bytes stream, const std::filesystem::path& temp_directory,
                    const UnpackLimits& limits, const UseMember& use) {
  MemberFeed feed(limits, temp_directory, use);
  ByteReader reader(stream);
  if (!read_attributes(reader, feed)) {
    feed.report(Reason::unsupported, "an attachment in TNEF is damaged or cut off");
  }
  return feed.result();
}

bool looks_like_tnef(Bytes content) { return text_of(content).starts_with("\x78\x9F\x3E\x22"); }

}  // namespace cordon
