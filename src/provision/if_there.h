#pragma once

#include <optional>
#include <utility>

#include "base/result.h"

namespace cordon {

/// What was found, or none where there is no such thing: every other answer stays an error. Pure.
template <typename T>
Result<std::optional<T>> if_there(Result<T> found) {
  if (found) return std::optional<T>(*std::move(found));
  if (found.error().code == Errc::not_found) return std::optional<T>();
  return std::move(found).error();
}

}  // namespace cordon
