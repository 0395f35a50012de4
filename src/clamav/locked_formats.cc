#include "clamav/locked_formats.h"

#include <array>
#include <string>
#include <string_view>

#include "clamav/arj_headers.h"
#include "clamav/armored_text.h"
#include "clamav/cms_der.h"
#include "clamav/locked_files.h"
#include "clamav/openpgp_packets.h"
#include "clamav/package_manifests.h"
#include "clamav/volume_locks.h"

// One table: each family of formats has a reader in a file of its own, which answers with the name
// of what is locked. The cheap ones stand first.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using Name = std::optional<std::string_view>;

Name named(bool locked, std::string_view name) { return locked ? Name(name) : std::nullopt; }

constexpr std::array kReaders = {
    +[](Bytes layer) { return locked_file(layer); },
    +[](Bytes layer) { return locked_volume(layer); },
    +[](Bytes layer) { return named(is_locked_openpgp(layer), "OpenPGP message"); },
    +[](Bytes layer) { return named(is_locked_cms(layer), "CMS message (S/MIME)"); },
    +[](Bytes layer) { return named(is_locked_arj(layer), "ARJ archive"); },
    +[](Bytes layer) { return locked_package(layer); },
    +[](Bytes layer) { return locked_in_text(layer); },
};

}  // namespace

std::optional<LayerProblem> about_locked_content(Bytes layer) {
  for (const auto reader : kReaders) {
    if (const Name name = reader(layer)) {
      return LayerProblem{Reason::encrypted, "encrypted: " + std::string(*name)};
    }
  }
  return std::nullopt;
}

}  // namespace cordon
