#pragma once

#include <cstdlib>

namespace cordon {

/// Property tests try the same cases in every run unless RC_PARAMS says otherwise. Include it in
/// one source of a test binary; it acts before main.
inline const bool kFixedSeed = ::setenv("RC_PARAMS", "seed=20261122", /*replace=*/0) == 0;

}  // namespace cordon
