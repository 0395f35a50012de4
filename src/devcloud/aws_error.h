#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/result.h"  // For CORDON_TRY.
#include "net/http.h"

namespace cordon::cloud {

/// A refusal in the words of the service that is imitated. `code` and `status` are what a client's
/// error handling switches on, so they are AWS's own.
struct AwsError {
  int status = 400;
  std::string code;
  std::string message;
  std::vector<std::pair<std::string, std::string>> details = {};  ///< Further elements (S3 only).
  Headers headers = {};
};

/// A value, or what the client is told instead. Works with CORDON_TRY.
template <typename T>
class [[nodiscard]] Answer {
 public:
  Answer(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT: implicit
  Answer(AwsError error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& value() & { return checked(), *std::get_if<0>(&state_); }
  const T& value() const& { return checked(), *std::get_if<0>(&state_); }
  T&& value() && { return checked(), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const AwsError& error() const& { return failed(), *std::get_if<1>(&state_); }
  AwsError&& error() && { return failed(), std::move(*std::get_if<1>(&state_)); }

 private:
  void checked() const { CORDON_CHECK(state_.index() == 0); }
  void failed() const { CORDON_CHECK(state_.index() == 1); }

  std::variant<T, AwsError> state_;
};

/// Done, or what the client is told instead.
template <>
class [[nodiscard]] Answer<void> {
 public:
  Answer() = default;
  Answer(AwsError error) : state_(std::move(error)) {}  // NOLINT: implicit

  explicit operator bool() const noexcept { return state_.index() == 0; }
  const AwsError& error() const& { return failed(), *std::get_if<1>(&state_); }
  AwsError&& error() && { return failed(), std::move(*std::get_if<1>(&state_)); }

 private:
  void failed() const { CORDON_CHECK(state_.index() == 1); }

  std::variant<std::monostate, AwsError> state_;
};

}  // namespace cordon::cloud
