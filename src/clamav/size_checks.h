#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "clamav/judge.h"

namespace cordon {

/// The integrity check of containers that only the engine opens: what their headers say about their
/// size is compared with the layer's. Looks at what stands at
/// the layer's beginning (cabinet, ARJ, CHM, SZDD) and at 32 KiB (ISO 9660).
///
/// Pure. Cost: for ARJ one step a member, for SZDD one over the packed bytes, for programs a
/// search.
std::optional<LayerProblem> about_missing_end(std::string_view engine_type,
                                              std::span<const std::byte> layer);

}  // namespace cordon
