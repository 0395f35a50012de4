#include "clamav/text_identity.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/text.h"
#include "clamav/member_feed.h"
#include "clamav/text_lines.h"

namespace cordon {
namespace {

bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\x1B';
}

}  // namespace

std::optional<Sha256Digest> text_identity(std::span<const std::byte> content) {
  constexpr std::size_t kPieceBytes = 16U << 10;
  const std::string_view text = text_of(content);
  if (!std::ranges::all_of(text, is_text)) return std::nullopt;
  Hasher hasher(Hasher::Kind::sha256);
  std::string piece;
  const auto flush = [&] {
    hasher.update(as_bytes_of(piece));
    piece.clear();
  };
  TextLines lines(text, 0, false);
  while (const auto line = lines.next()) {
    if (line->begin == line->end) continue;
    piece += line->of(text);
    piece += '\n';
    if (piece.size() >= kPieceBytes) flush();
  }
  flush();
  const std::string bytes = hasher.finish();
  Sha256Digest digest{};
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

}  // namespace cordon
