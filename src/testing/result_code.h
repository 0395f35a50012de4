#pragma once

#include <optional>

#include "base/result.h"

namespace cordon {

/// Why `result` is none; std::nullopt if it is one. A call that succeeds where it must not then
/// fails its test, where asking it for its error would abort the whole program.
template <typename T>
std::optional<Errc> code_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional<Errc>(result.error().code);
}

}  // namespace cordon
