#pragma once

#include <type_traits>
#include <utility>

#include "base/check.h"

namespace cordon {

/// A conversion that must not lose anything; losing something is a bug of ours and aborts. Sizes
/// that come from outside are compared before they are converted.
template <typename To, typename From>
constexpr To narrow(From value) {
  static_assert(std::is_integral_v<To> && std::is_integral_v<From>);
  CORDON_CHECK(std::in_range<To>(value));
  return static_cast<To>(value);
}

}  // namespace cordon
