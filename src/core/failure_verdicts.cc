#include "core/failure_verdicts.h"

namespace cordon {

bool is_denied_for_object(const Error& error) {
  return error.code == Errc::denied && error.cause != ErrorCause::credentials &&
         error.cause != ErrorCause::clock_skew;
}

bool is_refusal(const Error& error) {
  return is_denied_for_object(error) || error.code == Errc::invalid;
}

bool is_credible(const Verdict& verdict) {
  if (!is_consistent(verdict)) return false;
  return verdict.disposition != Disposition::clean || verdict.bytes_scanned > 0;
}

std::optional<Verdict> verdict_for_read_failure(const Error& error, bool last) {
  if (error.cause == ErrorCause::staging) {
    // Another agent may have room. The last one must say something.
    if (!last) return std::nullopt;
    return error_verdict(Reason::staging, error.what);
  }
  if (!is_denied_for_object(error)) return std::nullopt;
  if (error.cause == ErrorCause::archived) {
    return unscannable_verdict(Reason::archived, "the object is archived: restore it first");
  }
  if (error.cause == ErrorCause::sse_c) {
    return unscannable_verdict(Reason::sse_c, "encrypted with a key that only its owner has");
  }
  if (error.cause == ErrorCause::kms) return error_verdict(Reason::kms, error.what);
  return error_verdict(Reason::access_denied, error.what);
}

std::optional<Verdict> verdict_for_scan_failure(const Error& error, bool last) {
  switch (error.code) {
    case Errc::worker_died:
      if (!last) return std::nullopt;
      return unscannable_verdict(Reason::engine_crash, "the engine crashed on this content");
    case Errc::timeout:
      if (!last) return std::nullopt;
      return unscannable_verdict(Reason::timeout, "the scan did not end within its time limit");
    case Errc::cancelled:
    case Errc::unavailable:
    case Errc::throttled:
    case Errc::not_found:
    case Errc::denied:
    case Errc::changed:
    case Errc::invalid:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace cordon
