#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cordon {

/// What the caller should do now. A tenth code is worth an ADR (docs/adr/0002-errors.md).
enum class Errc : std::uint8_t {
  cancelled,    ///< A stop was requested: unwind, leave the message.
  timeout,      ///< The deadline passed: retry within the budget.
  unavailable,  ///< The other side is away or broken: retry within the budget.
  throttled,    ///< The other side asks for less: retry with longer backoff, slower intake.
  not_found,    ///< The thing is gone: superseded, acknowledge.
  denied,       ///< Not allowed: a verdict Error, one alert per source.
  changed,      ///< Version or ETag moved: superseded, drop the verdict.
  invalid,      ///< The input is malformed: dead-letter it with the reason.
  worker_died,  ///< An engine worker crashed, hung or lied: once more, then Unscannable.
};

std::string_view name_of(Errc code);

/// `code` answers the caller ("what now?"), `what` the operator (object, operation, remote code).
struct Error {
  Errc code;
  std::string what;
  /// Where the domain distinguishes causes of one code, its reason word (`archived`, `kms`,
  /// `sse-c`, `access-denied`, `clock-skew`, ...); else empty. Set by the adapter that saw the
  /// cause.
  std::string reason = {};
  /// The other side's own name for the cause ("NoSuchKey", "ReceiptHandleIsInvalid"), for the
  /// adapter that knows its protocol; empty when the error is not a remote one. Never shown alone:
  /// `what` has it.
  std::string remote_code = {};

  bool operator==(const Error&) const = default;
};

/// The same error with "context: " in front of its text.
Error with_context(Error error, std::string_view context);

}  // namespace cordon
