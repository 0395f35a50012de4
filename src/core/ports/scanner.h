#pragma once

#include <cstdint>
#include <stop_token>

#include "base/deadline.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "core/verdict.h"
#include "core/windows.h"

namespace cordon {

/// A verdict and who came to it.
struct ScanReport {
  Verdict verdict;
  EngineVersion version;

  bool operator==(const ScanReport&) const = default;
};

/// Decides whether one object's bytes are malicious.
///
/// A finding is a value, not an error, and so is "unscannable". `scan` fails only when no verdict
/// was reached, and a caller must never treat that failure as clean.
class Scanner {
 public:
  virtual ~Scanner() = default;

  /// Scans `content` from offset 0 to its end at `bytes`. The descriptor is a sealed memfd or a
  /// regular file that nobody writes any more; its file offset is not used.
  ///
  /// Threads: any; each call occupies one worker and waits for one when all are busy.
  /// Blocks:  until a verdict, `deadline`, or a stop request, whichever is first.
  /// Errors:  timeout      the time limit passed; the worker was killed;
  ///          cancelled    stop request;
  ///          worker_died  the worker crashed or lied on this object; worth one retry;
  ///          unavailable  no worker could start; nothing is known about the object.
  virtual Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                                  std::stop_token stop) = 0;

  /// Scans one window of an object that is too large to be had at once; `content` holds its
  /// `window.bytes` bytes. Clean means: this window was searched, and nothing in it says that the
  /// object is more than its bytes (an archive, a document, ...); then it is
  /// Unscannable(too-large). The object is Clean when all windows are.
  ///
  /// Threads, blocks, errors: as `scan`.
  virtual Result<ScanReport> scan_window(const UniqueFd& content, const Window& window,
                                         Deadline deadline, std::stop_token stop);
};

/// A scanner without windows says that it cannot look at such objects.
inline Result<ScanReport> Scanner::scan_window(const UniqueFd&, const Window&, Deadline,
                                               std::stop_token) {
  return ScanReport{unscannable_verdict(Reason::too_large, "this engine scans no windows"), {}};
}

}  // namespace cordon
