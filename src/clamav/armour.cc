#include "clamav/armour.h"

#include <algorithm>
#include <array>

#include "clamav/text_lines.h"
#include "clamav/transfer_codings.h"

namespace cordon {
namespace {

constexpr std::array<std::string_view, 6> kLabels = {
    "PGP MESSAGE", "PKCS7", "CMS", "PKCS #7 SIGNED DATA", "PKCS7 SIGNED DATA", "PKCS #7",
};
/// Also "PGP MESSAGE, PART 1/2".
constexpr std::array<std::string_view, 2> kEnds = {"-----", ","};

}  // namespace

bool begins_armour(std::string_view line) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  if (!line.starts_with(kBegin)) return false;
  line.remove_prefix(kBegin.size());
  return std::ranges::any_of(kLabels, [&](std::string_view label) {
    if (!line.starts_with(label)) return false;
    const std::string_view rest = line.substr(label.size());
    return std::ranges::any_of(kEnds, [&](std::string_view end) { return rest.starts_with(end); });
  });
}

bool decode_armour(std::string_view text, StagedMember& out) {
  TextLines lines(text, 0, false);
  if (!lines.next()) return false;
  std::size_t begin = text.size();
  std::size_t end = text.size();
  while (const auto found = lines.next()) {
    const std::string_view line = found->of(text);
    // "Version: ...", "Comment: ..." and an empty line; some programs leave all of them out.
    if (begin == text.size()) {
      if (line.find(": ") != std::string_view::npos) continue;
      begin = found->begin;
    }
    end = found->begin;
    if (line.starts_with("-----") || line.starts_with('=')) break;
    end = found->next;
  }
  if (begin < end) decode_base64(text.substr(begin, end - begin), out);
  return out.size() > 0;
}

}  // namespace cordon
