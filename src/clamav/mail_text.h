#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clamav/member_feed.h"

namespace cordon {

/// A text in UTF-16, with or without a mark of its byte order.
enum class Utf16 : bool { little_endian, big_endian };

/// Nothing: the text is in another encoding. Looks at the first few characters.
std::optional<Utf16> utf16_order(std::string_view text);
/// As UTF-8; half a pair and an odd byte at the end become U+FFFD.
void decode_utf16(std::string_view text, Utf16 order, StagedMember& out);

/// The mails in a mailbox, each with its "From " line; one that is the whole text when it is none.
/// Above 1,000,000 the last one is all the rest.
std::vector<std::string_view> split_mailbox(std::string_view text);

/// Headers of parts in the middle of a text: of a mail that is quoted, or whose own headers are
/// damaged, missing or late.
struct InnerHeaders {
  std::vector<std::string> boundaries = {};  ///< Of lines directly in front of such headers.
  /// Where such headers start that have no boundary in front of them.
  /// At most 100,000; the last one goes on to the end of the text.
  std::vector<std::size_t> blocks = {};
  bool too_many = false;  ///< Boundaries.
};
InnerHeaders find_inner_headers(std::string_view text);

}  // namespace cordon
