#include "engine/patient_scanner.h"

#include <string>
#include <utility>

namespace cordon {
namespace {

constexpr int kTriesMax = 2;

bool is_the_objects_fault(const Error& error) {
  return error.code == Errc::worker_died || error.code == Errc::timeout;
}

Verdict give_up(const Error& last) {
  const Reason reason = last.code == Errc::timeout ? Reason::timeout : Reason::engine_crash;
  return unscannable_verdict(reason, std::to_string(kTriesMax) + " attempts failed: " + last.what);
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
    if (report || !is_the_objects_fault(report.error())) return report;
    if (deadline.passed(clock_)) return report;
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped between two attempts"};
    if (attempt == kTriesMax) {
      Verdict verdict = give_up(report.error());
      metrics_.count("cordon_engine_poison_total",
                     {{"reason", std::string(name_of(*verdict.reason))}});
      return ScanReport{.verdict = std::move(verdict), .version = version_()};
    }
    metrics_.count("cordon_engine_retries_total");
    log_.warn("engine.retry", {{"error", report.error()}});
  }
}

}  // namespace cordon
