#include "clamav/mark_search.h"

#include <algorithm>
#include <cstring>

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

bool is_at(Bytes in, std::size_t place, std::string_view bytes) {
  return in.size() - place >= bytes.size() &&
         std::memcmp(in.data() + place, bytes.data(), bytes.size()) == 0;
}

}  // namespace

std::optional<std::size_t> find_mark(Bytes in, const Mark& mark, std::size_t from) {
  for (std::size_t at = from + mark.rare; at < in.size(); ++at) {
    const void* hit = std::memchr(in.data() + at, mark.bytes[mark.rare], in.size() - at);
    if (hit == nullptr) return std::nullopt;
    at = static_cast<std::size_t>(static_cast<const std::byte*>(hit) - in.data());
    if (is_at(in, at - mark.rare, mark.bytes)) return at - mark.rare;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_last_mark(Bytes in, const Mark& mark, std::size_t before) {
  if (before == 0) return std::nullopt;
  std::size_t end = std::min(in.size(), before + mark.rare);
  while (end > mark.rare) {
    const void* hit = ::memrchr(in.data() + mark.rare, mark.bytes[mark.rare], end - mark.rare);
    if (hit == nullptr) return std::nullopt;
    end = static_cast<std::size_t>(static_cast<const std::byte*>(hit) - in.data());
    if (is_at(in, end - mark.rare, mark.bytes)) return end - mark.rare;
  }
  return std::nullopt;
}

}  // namespace cordon
