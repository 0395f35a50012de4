#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "core/ports/scanner.h"
#include "core/verdict_sum.h"
#include "core/windows.h"

namespace cordon {

/// Scans an object window by window and adds up what is said about them.
class WindowedScan {
 public:
  struct Options {
    WindowSizes windows;
    std::chrono::milliseconds window_time_max;
  };

  /// The references outlive it.
  WindowedScan(Scanner& scanner, const Options& options, const Clock& clock)
      : scanner_(scanner), options_(options), clock_(clock) {}

  /// Windows come in the order of the object; the first one begins anew. Returns false when the
  /// rest need not be scanned: something was found. Errors: those of Scanner::scan_window; kept for
  /// `finish`.
  Result<bool> use(const UniqueFd& content, const Window& window, Deadline deadline,
                   std::stop_token stop);

  bool has_failed() const { return failure_.has_value(); }

  /// The object's verdict, or why there is none.
  Result<ScanReport> finish() &&;

 private:
  Scanner& scanner_;
  const Options options_;
  const Clock& clock_;
  VerdictSum sum_{0};
  EngineVersion version_;
  std::optional<Error> failure_;
};

}  // namespace cordon
