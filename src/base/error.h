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

/// Which of the causes of one code it was, where somebody further up acts otherwise because of it.
/// Set by the one who saw the cause.
enum class ErrorCause : std::uint8_t {
  unspecified,
  access_denied,           ///< denied: by the policies of bucket, role or account.
  archived,                ///< denied: the object has to be restored first.
  clock_skew,              ///< denied: this machine's clock is wrong.
  credentials,             ///< denied: there are none, or they are not accepted.
  destination,             ///< denied: where a copy was to go, not where it comes from.
  kms,                     ///< denied: by or because of a KMS key.
  locked,                  ///< denied: Object Lock.
  sse_c,                   ///< denied: encrypted with a key that only the owner has.
  still_there,             ///< denied: the store says that it is deleted, and it is not.
  staging,                 ///< There is no room for the content on this machine.
  place_taken,             ///< changed: something is there already where nothing was to be.
  excluded,                ///< invalid: the policy leaves the object out.
  too_many_strangers,      ///< The bound on looks at what is unknown is reached.
  abandoned,               ///< cancelled: by the test that watches the steps.
  usage,                   ///< invalid: what somebody wrote for this program to go by.
  zip_directory_is_there,  ///< invalid: what belongs to a zip's directory stands elsewhere.
};

/// `code` answers the caller ("what now?"), `what` the operator (object, operation, remote code).
struct Error {
  Errc code;
  std::string what;
  ErrorCause cause = ErrorCause::unspecified;
  /// The other side's own name for the cause ("NoSuchKey", "ReceiptHandleIsInvalid"), for the
  /// adapter that knows its protocol; empty when the error is not a remote one. Never shown alone:
  /// `what` has it.
  std::string remote_code = {};

  bool operator==(const Error&) const = default;
};

/// What is wrong on a command line, in a variable or in a profile: its owner can write it anew.
Error usage_error(std::string what);

/// The thing itself is not there any more, or is another one: not_found and changed.
bool is_gone_or_changed(const Error& error);

/// The same error with "context: " in front of its text.
Error with_context(Error error, std::string_view context);

}  // namespace cordon
