#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/ports/scanner.h"

namespace cordon {

/// A scanner with one signature of its own: content that contains kHarmful is infected, everything
/// else is clean. Errors and verdicts can be queued for the next scans.
///
/// Threads: any.
class FakeScanner final : public Scanner {
 public:
  static constexpr const char* kHarmful = "CORDON-TEST-HARMFUL";
  static constexpr const char* kVirusName = "Cordon.Test.Harmful";

  explicit FakeScanner(const Clock& clock) : clock_(clock) {}

  Result<ScanReport> scan(const UniqueFd& content, std::uint64_t bytes, Deadline deadline,
                          std::stop_token stop) override;
  /// As `scan`, for the window's content.
  Result<ScanReport> scan_window(const UniqueFd& content, const Window& window, Deadline deadline,
                                 std::stop_token stop) override;

  /// The next scan that has not been answered from the queue yet ends like this.
  void answer_next(Result<Verdict> answer);
  /// Called at the start of every scan, outside the lock.
  void on_scan(std::function<void()> hook);
  /// Content of every scan so far.
  std::vector<std::string> scanned() const;
  /// Where the windows among them lay.
  std::vector<Window> windows() const;
  std::size_t scans() const { return scanned().size(); }
  void set_version(EngineVersion version);
  EngineVersion version() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::deque<Result<Verdict>> answers_;
  std::function<void()> hook_;
  std::vector<std::string> scanned_;
  std::vector<Window> windows_;
  EngineVersion version_{.engine = "Fake 1.0", .signatures = "1"};
};

/// An unlinked memory file with this content, as staging makes them. Aborts when there is none.
UniqueFd content_of(std::string_view bytes);

}  // namespace cordon
