#include "engine/patient_scanner.h"

#include <optional>
#include <string>
#include <utility>

namespace cordon {
namespace {

constexpr int kTriesMax = 2;

/// What an attempt says against the object.
struct Failure {
  Reason reason;
  std::string what;
  bool is_final = false;  ///< No second attempt.
};

std::optional<Failure> failure_of(const Result<ScanReport>& report) {
  if (report) {
    const Verdict& verdict = report->verdict;
    if (verdict.disposition != Disposition::error) return std::nullopt;
    return Failure{.reason = Reason::engine_crash, .what = verdict.message};
  }
  const Error& error = report.error();
  if (error.code == Errc::timeout) {
    return Failure{.reason = Reason::timeout, .what = error.what, .is_final = true};
  }
  if (error.code != Errc::worker_died) return std::nullopt;
  return Failure{.reason = Reason::engine_crash, .what = error.what};
}

Verdict give_up(const Failure& last) {
  if (last.is_final) return unscannable_verdict(last.reason, last.what);
  return unscannable_verdict(last.reason,
                             std::to_string(kTriesMax) + " attempts failed: " + last.what);
}

}  // namespace

PatientScanner::PatientScanner(Scanner& scanner, Version version, const Clock& clock, Log& log,
                               Metrics& metrics)
    : scanner_(scanner), version_(std::move(version)), clock_(clock), log_(log), metrics_(metrics) {
  metrics_.describe("cordon_engine_retries_total", "Scans repeated on a new worker.");
  metrics_.describe("cordon_engine_poison_total", "Objects given up as unscannable, by reason.");
}

Result<ScanReport> PatientScanner::scan(const UniqueFd& content, std::uint64_t bytes,
                                        Deadline deadline, std::stop_token stop) {
  return attempt_twice([&] { return scanner_.scan(content, bytes, deadline, stop); }, deadline,
                       stop);
}

Result<ScanReport> PatientScanner::scan_window(const UniqueFd& content, const Window& window,
                                               Deadline deadline, std::stop_token stop) {
  return attempt_twice([&] { return scanner_.scan_window(content, window, deadline, stop); },
                       deadline, stop);
}

Result<ScanReport> PatientScanner::attempt_twice(const Attempt& scan_once, Deadline deadline,
                                                 const std::stop_token& stop) {
  for (int attempt = 1;; ++attempt) {
    Result<ScanReport> report = scan_once();
    const std::optional<Failure> failure = failure_of(report);
    if (!failure || deadline.passed(clock_)) return report;
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped between two attempts"};
    if (failure->is_final || attempt == kTriesMax) {
      Verdict verdict = give_up(*failure);
      metrics_.count("cordon_engine_poison_total",
                     {{"reason", std::string(name_of(*verdict.reason))}});
      return ScanReport{.verdict = std::move(verdict), .version = version_()};
    }
    metrics_.count("cordon_engine_retries_total");
    log_.write_limited(LogLevel::warn, "engine.retry",
                       {{"reason", name_of(failure->reason)}, {"error", failure->what}});
  }
}

}  // namespace cordon
