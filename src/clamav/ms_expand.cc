#include "clamav/ms_expand.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "clamav/member_feed.h"

// There is no specification of Microsoft's; what the fields mean is public knowledge since the
// nineties: a window of 4,096 blanks, and runs of eight tokens, each a byte or a reference into the
// window.

namespace cordon {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kSzdd = "SZDD\x88\xF0\x27\x33"sv;
constexpr std::string_view kQuickBasic = "SZ \x88\xF0\x27\x33\xD1"sv;
constexpr std::string_view kKwaj = "KWAJ\x88\xF0\x27\xD1"sv;

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

/// `start`: where in the window the first byte goes.
void expand(std::string_view packed, std::size_t start, MemberFeed& feed, StagedMember& out) {
  constexpr std::size_t kWindow = 4096;
  std::array<char, kWindow> window{};
  window.fill(' ');
  std::size_t at = start;
  const auto emit = [&](char c) {
    out.put(c);
    window[at] = c;
    at = (at + 1) % kWindow;
  };
  std::size_t in = 0;
  for (std::size_t runs = 0; in < packed.size() && !out.problem(); ++runs) {
    if (runs % 4096 == 0 && !feed.wants_more()) return;
    const auto control = static_cast<std::uint8_t>(packed[in++]);
    for (int bit = 0; bit < 8 && in < packed.size(); ++bit) {
      if ((control >> bit & 1) != 0) {
        emit(packed[in++]);
        continue;
      }
      if (in + 1 >= packed.size()) return;
      const std::size_t low = static_cast<std::uint8_t>(packed[in]);
      const std::size_t high = static_cast<std::uint8_t>(packed[in + 1]);
      in += 2;
      std::size_t from = low | (high & 0xF0) << 4;
      for (std::size_t i = 0; i < (high & 0x0F) + 3; ++i, from = (from + 1) % kWindow) {
        emit(window[from]);
      }
    }
  }
}

/// How the bytes behind a header are packed.
struct Packed {
  enum class Method : std::uint8_t { stored, inverted, expand };
  Method method;
  std::string_view bytes;
  std::size_t start = 0;                             ///< For `expand`.
  std::optional<std::uint32_t> size = std::nullopt;  ///< As the header says.
};

std::optional<Packed> packed_in(std::string_view file) {
  constexpr std::size_t kWindow = 4096;
  if (file.starts_with(kSzdd) && file.size() >= 14 && file[8] == 'A') {
    return Packed{Packed::Method::expand, file.substr(14), kWindow - 16, little(file, 10, 4)};
  }
  if (file.starts_with(kQuickBasic) && file.size() >= 12) {
    return Packed{Packed::Method::expand, file.substr(12), kWindow - 18, little(file, 8, 4)};
  }
  if (!file.starts_with(kKwaj) || file.size() < 14) return std::nullopt;
  const std::uint32_t method = little(file, 8, 2);
  const std::size_t begin = little(file, 10, 2);
  const bool has_size = (file[12] & 1) != 0 && file.size() >= 18;
  if (begin < 14 || begin > file.size() || method > 2) return std::nullopt;
  constexpr std::array kMethods = {Packed::Method::stored, Packed::Method::inverted,
                                   Packed::Method::expand};
  return Packed{kMethods[method], file.substr(begin), kWindow - 18,
                has_size ? std::optional(little(file, 14, 4)) : std::nullopt};
}

void unpack(const Packed& packed, MemberFeed& feed, StagedMember& out) {
  switch (packed.method) {
    case Packed::Method::stored:
      return out.append(packed.bytes);
    case Packed::Method::inverted:
      for (const char c : packed.bytes) out.put(static_cast<char>(~c));
      return;
    case Packed::Method::expand:
      return expand(packed.bytes, packed.start, feed, out);
  }
}

}  // namespace

Unpacking read_ms_compressed(std::span<const std::byte> file,
                             const std::filesystem::path& temp_directory,
                             const UnpackLimits& limits, const UseMember& use) {
  MemberFeed feed(limits, temp_directory, use);
  const auto packed = packed_in(text_of(file));
  if (!packed) {
    feed.report(Reason::unsupported, "a file in Microsoft's compression cannot be opened");
    return feed.result();
  }
  StagedMember content = feed.staged();
  unpack(*packed, feed, content);
  feed.give(content);
  if (packed->size && content.size() < *packed->size) {
    feed.report(Reason::unsupported, "a file in Microsoft's compression is damaged or cut off");
  }
  return feed.result();
}

bool looks_like_ms_compressed(std::span<const std::byte> content) {
  const std::string_view file = text_of(content);
  return file.starts_with(kSzdd) || file.starts_with(kQuickBasic) || file.starts_with(kKwaj);
}

}  // namespace cordon
