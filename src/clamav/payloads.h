#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace cordon {

/// What a script or program carries behind its own end.
struct Payload {
  std::size_t at;  ///< Never 0.
  bool known;      ///< It begins like a container or program that something here opens or names.

  bool operator==(const Payload&) const = default;
};

/// Self-extracting scripts (makeself, installers of Java and of Anaconda ...): binary content
/// behind lines of text that begin with "#!". Programs (ELF, PE) with a container behind their last
/// section. Nullopt for everything else, and for what follows a program and is no container:
/// signatures, debugging information.
///
/// Pure. Cost: one pass over a script, the section table of a program.
std::optional<Payload> payload_of(std::span<const std::byte> layer);

}  // namespace cordon
