#include "clamav/binhex.h"

#include <array>
#include <cstdint>
#include <optional>

namespace cordon {
namespace {

constexpr std::string_view kAlphabet =
    "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

/// The bytes behind the six-bit characters, and behind their run-length coding: 0x90, count. The
/// count repeats the byte in front of it; 0 stands for 0x90 itself.
class BinHexBytes {
 public:
  explicit BinHexBytes(std::string_view text) : text_(text) {}

  std::optional<std::uint8_t> next() {
    while (repeats_ == 0) {
      const auto byte = packed();
      if (!byte) return std::nullopt;
      if (*byte != kRun) return last_ = *byte;
      const auto count = packed();
      if (!count) return std::nullopt;
      if (*count == 0) return last_ = kRun;
      repeats_ = *count - 1U;  // One was given before.
    }
    --repeats_;
    return last_;
  }

 private:
  static constexpr std::uint8_t kRun = 0x90;

  std::optional<std::uint8_t> packed() {
    while (bits_known_ < 8) {
      if (at_ >= text_.size() || text_[at_] == ':') return std::nullopt;
      const std::size_t digit = kAlphabet.find(text_[at_++]);
      if (digit == std::string_view::npos) continue;  // Ends of lines and blanks.
      bits_ = (bits_ << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFU;
      bits_known_ += 6;
    }
    bits_known_ -= 8;
    return static_cast<std::uint8_t>(bits_ >> bits_known_ & 0xFFU);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t bits_ = 0;
  int bits_known_ = 0;
  std::uint8_t last_ = 0;
  unsigned repeats_ = 0;
};

std::optional<std::uint32_t> number(BinHexBytes& bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const auto byte = bytes.next();
    if (!byte) return std::nullopt;
    value = value << 8 | *byte;
  }
  return value;
}

bool skip(BinHexBytes& bytes, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    if (!bytes.next()) return false;
  }
  return true;
}

/// False when it ends too early.
bool give_fork(BinHexBytes& bytes, std::uint32_t size, MemberFeed& feed) {
  StagedMember fork = feed.staged();
  bool whole = true;
  for (std::uint32_t i = 0; i < size && whole; ++i) {
    const auto byte = bytes.next();
    whole = byte.has_value();
    if (whole) fork.put(static_cast<char>(*byte));
    if (fork.problem()) break;
  }
  feed.give(fork);
  return whole && skip(bytes, 2);  // Its checksum.
}

/// Name, version, type, creator, flags, the sizes of both forks, checksum.
bool give_forks(BinHexBytes& bytes, MemberFeed& feed) {
  const auto name_size = bytes.next();
  if (!name_size || !skip(bytes, *name_size + 1U + 4U + 4U + 2U)) return false;
  const auto data_size = number(bytes);
  const auto resource_size = number(bytes);
  if (!data_size || !resource_size || !skip(bytes, 2)) return false;
  return give_fork(bytes, *data_size, feed) && give_fork(bytes, *resource_size, feed);
}

}  // namespace

void read_binhex(std::string_view text, MemberFeed& feed) {
  constexpr std::size_t kBlankLinesMax = 256;
  const std::size_t colon = text.substr(0, kBlankLinesMax).find(':');
  if (colon == std::string_view::npos) return;  // Prose about it.
  BinHexBytes bytes(text.substr(colon + 1));
  if (!give_forks(bytes, feed)) {
    feed.report(Reason::unsupported, "a BinHex file is damaged or cut off");
  }
}

}  // namespace cordon
