#include "clamav/closed_formats.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

// Sources: the formats' own specifications where there is one (LUKS, age, OpenPGP), else the mark
// that all programs for the format look for. Only marks of four bytes or more, so that ordinary
// data does not match by chance.

namespace cordon {
namespace {

struct Format {
  std::size_t offset;
  std::string_view mark;
  Reason reason;
  std::string_view name;
};

using namespace std::string_view_literals;

constexpr std::array kFormats = {
    Format{0, "LUKS\xBA\xBE"sv, Reason::encrypted, "LUKS volume"},
    Format{3, "-FVE-FS-"sv, Reason::encrypted, "BitLocker volume"},
    Format{0, "encrcdsa"sv, Reason::encrypted, "disk image"},
    Format{0, "cdsaencr"sv, Reason::encrypted, "disk image"},
    Format{0, "age-encryption.org/v1\n"sv, Reason::encrypted, "age file"},
    Format{0, "-----BEGIN AGE ENCRYPTED FILE-----"sv, Reason::encrypted, "age file"},
    Format{0, "-----BEGIN PGP MESSAGE-----"sv, Reason::encrypted, "OpenPGP message"},
    Format{0, "Salted__"sv, Reason::encrypted, "OpenSSL file"},
    Format{0, "$ANSIBLE_VAULT;"sv, Reason::encrypted, "Ansible vault"},
};

bool matches(const Format& format, std::span<const std::byte> layer) {
  if (layer.size() < format.offset + format.mark.size()) return false;
  return std::ranges::equal(layer.subspan(format.offset, format.mark.size()),
                            std::as_bytes(std::span(format.mark)));
}

}  // namespace

std::optional<LayerProblem> about_closed_format(std::span<const std::byte> layer) {
  const auto* found =
      std::ranges::find_if(kFormats, [&](const Format& format) { return matches(format, layer); });
  if (found == kFormats.end()) return std::nullopt;
  return LayerProblem{found->reason, "encrypted: " + std::string(found->name)};
}

}  // namespace cordon
