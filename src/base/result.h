#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace cordon {

/// A value, or the reason why there is none. The only way an expected failure travels.
///
/// Asking a failed result for its value is a bug of ours and aborts: test it first, or use
/// CORDON_TRY.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& value() & { return checked(), *std::get_if<0>(&state_); }
  const T& value() const& { return checked(), *std::get_if<0>(&state_); }
  T&& value() && { return checked(), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return failed(), *std::get_if<1>(&state_); }
  Error&& error() && { return failed(), std::move(*std::get_if<1>(&state_)); }

  T value_or(T fallback) && { return ok() ? std::move(*this).value() : std::move(fallback); }

 private:
  void checked() const { CORDON_CHECK(ok()); }
  void failed() const { CORDON_CHECK(!ok()); }

  std::variant<T, Error> state_;
};

/// Done, or the reason why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: implicit

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  void value() const { CORDON_CHECK(ok()); }

  const Error& error() const& { return failed(), *std::get_if<1>(&state_); }
  Error&& error() && { return failed(), std::move(*std::get_if<1>(&state_)); }

 private:
  void failed() const { CORDON_CHECK(!ok()); }

  std::variant<std::monostate, Error> state_;
};

}  // namespace cordon

/// CORDON_TRY(decl, expr): declares from the value of `expr`, or returns its error to our caller.
/// CORDON_TRY(expr): the same for Result<void>. The only hidden `return` in the house; one per
/// line. A declaration that contains a comma needs an alias; the expression may contain commas.
#define CORDON_TRY(...)                                                                            \
  CORDON_TRY_PICK(__VA_ARGS__, CORDON_TRY_DECL, CORDON_TRY_DECL, CORDON_TRY_DECL, CORDON_TRY_DECL, \
                  CORDON_TRY_DECL, CORDON_TRY_DECL, CORDON_TRY_DECL, CORDON_TRY_DECL,              \
                  CORDON_TRY_DECL, CORDON_TRY_DECL, CORDON_TRY_DECL, CORDON_TRY_VOID, )            \
  (__VA_ARGS__)
#define CORDON_TRY_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, NAME, ...) NAME
#define CORDON_TRY_CAT_(a, b) a##b
#define CORDON_TRY_CAT(a, b) CORDON_TRY_CAT_(a, b)
#define CORDON_TRY_DECL(decl, ...) \
  CORDON_TRY_DECL_AS(CORDON_TRY_CAT(cordon_try_, __COUNTER__), decl, __VA_ARGS__)
#define CORDON_TRY_DECL_AS(temporary, decl, ...) \
  auto temporary = (__VA_ARGS__);                \
  if (!temporary) [[unlikely]]                   \
    return std::move(temporary).error();         \
  decl = std::move(temporary).value()
#define CORDON_TRY_VOID(...)                                                     \
  do {                                                                           \
    if (auto cordon_try_result = (__VA_ARGS__); !cordon_try_result) [[unlikely]] \
      return std::move(cordon_try_result).error();                               \
  } while (false)
