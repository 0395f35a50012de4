#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "clamav/member_feed.h"

namespace cordon {

/// One element in the Basic Encoding Rules (X.690) with a tag number below 31.
struct BerElement {
  std::uint8_t tag = 0;      ///< The identifier octet: class, constructed, number.
  std::string_view content;  ///< Without the end-of-contents octets.
  bool is_cut_off = false;   ///< The bytes end before the element does.

  bool is_constructed() const { return (tag & 0x20U) != 0; }
  /// The same tag whether it is constructed or not.
  bool is(std::uint8_t primitive_tag) const { return (tag & 0xDFU) == primitive_tag; }
};

/// Reads elements one behind the other. Nothing: the end, or no BER, or nested too deeply.
class BerReader {
 public:
  explicit BerReader(std::string_view bytes) : left_(bytes) {}

  std::optional<BerElement> next();

 private:
  std::string_view left_;
};

/// The octets of a string, whose pieces may be elements of their own, to any reasonable depth.
/// False: damaged or cut off; then `out` has what came before.
bool join_octets(const BerElement& string, StagedMember& out);

}  // namespace cordon
