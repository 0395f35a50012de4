#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cordon {

/// No query returns more rows at once, whatever was asked for.
inline constexpr std::size_t kPageRowsMax = 1'000;

/// Where a page ended: the sort key of its last row, which never changes, so that pages neither
/// repeat nor lose a row that was there before, whatever is written meanwhile. What the parts mean
/// is the query's own affair.
struct PageCursor {
  std::array<std::int64_t, 2> numbers{};
  std::string text;  ///< At most `kCursorTextBytesMax` bytes.

  bool operator==(const PageCursor&) const = default;
};
inline constexpr std::size_t kCursorTextBytesMax = 255;

/// Which rows of a query.
struct PageRequest {
  std::size_t rows_max = 100;  ///< 0 and everything above `kPageRowsMax` mean that many.
  std::optional<PageCursor> after = std::nullopt;
};
/// How many rows a request may get: 1 to `kPageRowsMax`.
std::size_t rows_of(const PageRequest& request);

/// Some rows, and where the next ones begin; no `next`: there are none.
template <typename Row>
struct Page {
  std::vector<Row> rows;
  std::optional<PageCursor> next;
};

/// The cursor as a caller from outside carries it from one page to the next, bound to what it asked
/// for: `query` names the question (path and filters) in any canonical form.
std::string encode_cursor(const PageCursor& cursor, std::string_view query);
/// The inverse. The text may be anybody's: a changed one at most begins somewhere else in what its
/// bearer may ask for anyway, so it carries no signature. Pure.
/// Errors: invalid: malformed, or of another question.
Result<PageCursor> decode_cursor(std::string_view text, std::string_view query);

}  // namespace cordon
