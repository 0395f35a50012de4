#include "core/page.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMarkBytes = 8;
constexpr std::size_t kHeadBytes = 1 + kMarkBytes + 16;
// The longest cursor there is, in base64url.
constexpr std::size_t kCursorBytesMax = (kHeadBytes + kCursorTextBytesMax) * 4 / 3 + 4;

// What the cursor belongs to. Eight bytes: this keeps mistakes out, not attacks.
std::string mark_of(std::string_view query) {
  const Sha256Digest digest = sha256(query);
  return std::string(reinterpret_cast<const char*>(digest.data()), kMarkBytes);
}

void put_i64(std::string& out, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((bits >> static_cast<unsigned>(shift)) & 0xFFU));
  }
}

std::int64_t i64_at(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (const char c : bytes.substr(0, 8)) bits = (bits << 8U) | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(bits);
}

Result<std::string> unbase64url(std::string_view text) {
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return unbase64(standard);
}

}  // namespace

std::size_t rows_of(const PageRequest& request) {
  return request.rows_max == 0 ? kPageRowsMax : std::min(request.rows_max, kPageRowsMax);
}

std::string encode_cursor(const PageCursor& cursor, std::string_view query) {
  std::string bytes(1, static_cast<char>(kFormat));
  bytes += mark_of(query);
  for (const std::int64_t number : cursor.numbers) put_i64(bytes, number);
  bytes += cursor.text.substr(0, kCursorTextBytesMax);
  return base64url(as_bytes_of(bytes));
}

Result<PageCursor> decode_cursor(std::string_view text, std::string_view query) {
  const Error wrong{Errc::invalid, "this is no cursor; take it from `next` of the page before"};
  if (text.size() > kCursorBytesMax || text.find_first_of("+/=") != std::string_view::npos) {
    return wrong;
  }
  const Result<std::string> decoded = unbase64url(text);
  if (!decoded || decoded->size() < kHeadBytes ||
      decoded->size() > kHeadBytes + kCursorTextBytesMax || decoded->front() != kFormat ||
      base64url(as_bytes_of(*decoded)) != text) {
    return wrong;
  }
  std::string_view rest(*decoded);
  if (rest.substr(1, kMarkBytes) != mark_of(query)) {
    return Error{Errc::invalid, "this cursor belongs to another query; begin without one"};
  }
  rest.remove_prefix(1 + kMarkBytes);
  PageCursor cursor;
  for (std::int64_t& number : cursor.numbers) {
    number = i64_at(rest);
    rest.remove_prefix(8);
  }
  cursor.text = std::string(rest);
  return cursor;
}

}  // namespace cordon
