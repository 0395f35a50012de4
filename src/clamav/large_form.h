#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cordon {

/// What can be done about content that is larger than the engine reads.
enum class LargeForm : std::uint8_t {
  opaque,      ///< As far as can be seen, bytes that nothing unpacks: windows are all there is.
  zip,         ///< libarchive unpacks it ...
  seven_zip,   ///< ... member by member, ...
  tar,         ///< ... and each member is scanned.
  compressed,  ///< One compressed stream, with a tar in it or any other file.
  closed,      ///< Holds more than its bytes show, and only the engine could unpack it.
};

/// What one end of a large object shows, for the scan that chooses by it between windows, members
/// and Unscannable.
struct LargeContent {
  LargeForm form = LargeForm::opaque;
  std::string what = {};  ///< For people: "a disk image". Empty when opaque.

  bool operator==(const LargeContent&) const = default;
};

/// How much of each end `content_of_head` and `content_of_tail` want to see.
inline constexpr std::size_t kHeadBytes = 64U << 10;
inline constexpr std::size_t kTailBytes = 66U << 10;

/// What the beginning says. Pure; bounded by the size of `head`.
LargeContent content_of_head(std::span<const std::byte> head);

/// What the end says of content whose head is opaque: zip and disk image formats are found by a
/// structure at the end, whatever comes before it.
LargeContent content_of_tail(std::span<const std::byte> tail);

/// True for the engine's types that it only searches and does not unpack, so that windows see what
/// the engine would see. Everything unknown is false.
bool is_opaque_type(std::string_view engine_type);

}  // namespace cordon
