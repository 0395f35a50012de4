#include <algorithm>

#include "clamav/header_checks.h"
#include "clamav/mark_search.h"

// Sources: NSIS' fileform.h; the loader of Inno Setup (SetupLdr); the headers that unpackers of
// InstallShield's programs look for; PyInstaller's archive cookie (CArchive).

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

bool starts_with(Bytes bytes, std::string_view mark) {
  return bytes.size() >= mark.size() &&
         std::ranges::equal(bytes.first(mark.size()), std::as_bytes(std::span(mark)));
}

bool is_windows_program(Bytes content) { return starts_with(content, "MZ"sv); }

}  // namespace

/// The header stands at a sector's beginning behind the program, which has the mark as a constant.
/// Unpackers find it elsewhere too, when its fields make sense: four bits of flags, and the size of
/// all that follows.
bool is_nsis(Bytes content) {
  constexpr Mark kMark{.bytes = "\xEF\xBE\xAD\xDENullsoftInst"sv, .rare = 3};
  constexpr std::size_t kFlagsBytes = 4;
  constexpr std::size_t kSectorBytes = 512;
  if (!is_windows_program(content)) return false;
  for (std::size_t from = 0;;) {
    const auto at = find_mark(content, kMark, from);
    if (!at) return false;
    if (*at > kFlagsBytes) {
      const std::size_t header = *at - kFlagsBytes;
      const std::uint64_t all_bytes = le32_at(content, *at + 20);
      const bool makes_sense = le32_at(content, header) < 16 && le32_at(content, *at + 16) > 0 &&
                               all_bytes >= 28 &&
                               all_bytes <= content.size() - header + kSectorBytes;
      if (header % kSectorBytes == 0 || makes_sense) return true;
    }
    from = *at + 1;
  }
}

bool is_inno_setup(Bytes content) {
  constexpr Mark kOffsets{.bytes = "rDlPtS"sv, .rare = 1};
  return is_windows_program(content) && find_mark(content, kOffsets).has_value();
}

bool is_installshield(Bytes content) {
  constexpr Mark kStream{.bytes = "ISSetupStream\0"sv, .rare = 1};
  constexpr Mark kMsi{.bytes = "InstallShield\0\0\0\0\0"sv, .rare = 7};
  return is_windows_program(content) &&
         (find_mark(content, kStream).has_value() || find_mark(content, kMsi).has_value());
}

/// The cookie is the last thing in the file, or in front of a signature.
bool is_pyinstaller(Bytes content) {
  constexpr Mark kCookie{.bytes = "MEI\x0C\x0B\x0A\x0B\x0E"sv, .rare = 3};
  constexpr std::size_t kTailBytes = 32U << 10U;
  const bool program = is_windows_program(content) ||
                       starts_with(content,
                                   "\x7F"
                                   "ELF"sv) ||
                       starts_with(content, "\xCF\xFA\xED\xFE"sv);
  if (!program) return false;
  return find_mark(content.last(std::min(content.size(), kTailBytes)), kCookie).has_value();
}

}  // namespace cordon
