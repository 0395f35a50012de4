#include "push/push_tokens.h"

#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/secret.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kTokenBytesMin = 16;
constexpr std::size_t kTokenBytesMax = 256;
constexpr std::size_t kTokensMax = 16;
constexpr std::size_t kFileBytesMax = 16U << 10U;

bool is_token(std::string_view text) {
  return text.size() >= kTokenBytesMin && text.size() <= kTokenBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

std::string_view text_of(const Sha256Digest& digest) {
  // SAFETY: std::byte may be read as char.
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

Result<PushTokens> PushTokens::parse(std::string_view text) {
  std::vector<Sha256Digest> digests;
  while (!text.empty()) {
    const std::size_t line_end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, line_end));
    text.remove_prefix(std::min(line_end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (!is_token(line)) {
      return Error{Errc::invalid,
                   "a line is no token: write 16 to 256 visible characters without "
                   "spaces, for example what \"openssl rand -hex 32\" prints"};
    }
    digests.push_back(sha256(line));
  }
  if (digests.empty()) return Error{Errc::invalid, "there is no token in it"};
  if (digests.size() > kTokensMax) return Error{Errc::invalid, "there are more than 16 tokens"};
  return PushTokens(std::move(digests));
}

Result<PushTokens> PushTokens::load(const std::filesystem::path& path) {
  Result<std::string> text = read_private_file(path, kFileBytesMax);
  if (!text) {
    // Not not_found: that would say that an object is not there.
    const Errc code = text.error().code == Errc::not_found ? Errc::invalid : text.error().code;
    return Error{code, "the tokens of those who may bring events: " + text.error().what};
  }
  const WipedLater wiped(*text);
  Result<PushTokens> tokens = parse(*text);
  if (!tokens) return with_context(std::move(tokens).error(), path.string());
  return tokens;
}

bool PushTokens::has(std::string_view token) const {
  const Sha256Digest digest = sha256(token);
  bool is_known = false;
  for (const Sha256Digest& one : digests_) {
    is_known = equal_constant_time(text_of(one), text_of(digest)) || is_known;
  }
  return is_known;
}

}  // namespace cordon
