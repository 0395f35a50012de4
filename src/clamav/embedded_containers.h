#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "clamav/container_kind.h"

namespace cordon {

/// A container in a layer.
struct Container {
  ContainerKind kind;
  std::size_t offset = 0;
  std::size_t bytes = 0;  ///< From there to the layer's end, unless its own header says less.
  /// From its offset: up to there, what is behind its own end is content that nothing else accounts
  /// for.
  std::size_t behind_bytes = 0;
  bool embedded = false;  ///< It stands in other data.

  bool operator==(const Container&) const = default;
};

/// At most so many are looked at in one layer.
inline constexpr std::size_t kEmbeddedContainersMax = 1000;

/// Archives and compressed files that stand in other data, as in self-extracting programs: those
/// kinds whose header tells a mark from a constant (RAR, 7z, cabinets, xz, bzip2, cpio). One that
/// begins the layer is not among them. In ascending order.
///
/// Pure. Cost: one search of the layer for each kind, some 0.1 ms for each MB.
struct EmbeddedContainers {
  std::vector<Container> containers = {};
  bool too_many = false;  ///< There are more.
};
EmbeddedContainers find_embedded_containers(std::span<const std::byte> layer);

}  // namespace cordon
