#include "staging/scan_file.h"

#include "base/text.h"
#include "core/failure_verdicts.h"
#include "staging/windowed_scan.h"

namespace cordon {
namespace {

// Staging a file needs no store; this one is never asked.
class NoStore final : public ObjectStore {
 public:
  Result<ObjectHead> head(const ObjectRef&, Deadline, std::stop_token) override { return none(); }
  Result<ObjectHead> read(const ObjectRef&, const ReadOptions&, ByteSink&, Deadline,
                          std::stop_token) override {
    return none();
  }
  Result<TagSet> tags(const ObjectRef&, Deadline, std::stop_token) override { return none(); }
  Result<void> set_tags(const ObjectRef&, const TagSet&, Deadline, std::stop_token) override {
    return none();
  }
  Result<CopyResult> copy(const CopyRequest&, Deadline, std::stop_token) override { return none(); }
  Result<void> remove(const ObjectRef&, const ETag&, Deadline, std::stop_token) override {
    return none();
  }

 private:
  static Error none() { return Error{Errc::not_found, "no object store"}; }
};

std::int64_t millis_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

Result<void> accept(Result<ScanReport> report, ScanResult& result) {
  if (!report) {
    // There is no second delivery here: what would be retried is said at once.
    std::optional<Verdict> verdict = verdict_for_scan_failure(report.error(), /*last=*/true);
    if (!verdict) return report.error();
    result.verdict = *std::move(verdict);
    return {};
  }
  if (!is_credible(report->verdict)) {
    return Error{Errc::unavailable, "the engine gave a verdict that contradicts itself"};
  }
  result.verdict = std::move(report->verdict);
  result.engine = report->version.engine;
  result.signatures = report->version.signatures;
  return {};
}

Result<void> scan_content(const StagedContent& content, const FileScanOptions& options,
                          Scanner& scanner, const Clock& clock, Deadline deadline,
                          std::stop_token stop, ScanResult& result) {
  result.sha256 = content.sha256;
  if (content.bytes == 0) {
    result.verdict = clean_verdict(0);
    return {};
  }
  const Deadline limit =
      deadline.at_most(clock, scan_time_for(options.scan_time_max, content.bytes));
  return accept(scanner.scan(content.file, content.bytes, limit, std::move(stop)), result);
}

/// A file that is larger than the whole spool.
Result<void> scan_in_windows(const std::filesystem::path& path, const FileScanOptions& options,
                             Stage& stage, Scanner& scanner, const Clock& clock, Deadline deadline,
                             const std::stop_token& stop, ScanResult& result) {
  WindowedScan scan(scanner, {.windows = stage.windows(), .window_time_max = options.scan_time_max},
                    clock);
  const Stage::UseWindow use = [&](const UniqueFd& content, const Window& window) {
    return scan.use(content, window, deadline, stop);
  };
  Result<Passed> passed = stage.pass_file(path, *result.size, use, deadline, stop);
  if (scan.has_failed()) return accept(std::move(scan).finish(), result);
  if (!passed) return passed.error();
  if (Verdict* verdict = std::get_if<Verdict>(&*passed)) {
    result.verdict = std::move(*verdict);
    return {};
  }
  result.sha256 = std::get<PassedContent>(*passed).sha256;
  return accept(std::move(scan).finish(), result);
}

}  // namespace

Result<ScanResult> scan_file(const std::filesystem::path& path, const FileScanOptions& options,
                             Scanner& scanner, const Clock& clock, Random& random,
                             Deadline deadline, std::stop_token stop) {
  NoStore store;
  SpoolBudget budget(options.spool_bytes_max);
  Stage stage(options.stage, store, budget, clock, random);
  ScanResult result;
  result.scanned_at = clock.system_now();
  result.id = ulid(result.scanned_at, random);
  result.deployment = options.deployment;
  result.agent = options.agent;
  result.source = EventSource::cli;
  result.path = path.string();

  const SteadyTime start = clock.steady_now();
  Result<Staged> staged = stage.copy_file(path, deadline, stop);
  const SteadyTime fetched = clock.steady_now();
  result.millis.fetch = millis_between(start, fetched);
  if (!staged) {
    if (staged.error().code != Errc::denied) return staged.error();
    result.verdict = error_verdict(Reason::access_denied, staged.error().what);
    return result;
  }
  result.size = staged->head.bytes;
  if (Verdict* verdict = std::get_if<Verdict>(&staged->outcome)) {
    result.verdict = std::move(*verdict);
    return result;
  }
  if (std::holds_alternative<TooLargeToKeep>(staged->outcome)) {
    CORDON_TRY(scan_in_windows(path, options, stage, scanner, clock, deadline, stop, result));
    result.millis.scan = millis_between(fetched, clock.steady_now());
    return result;
  }
  CORDON_TRY(scan_content(std::get<StagedContent>(staged->outcome), options, scanner, clock,
                          deadline, std::move(stop), result));
  result.millis.scan = millis_between(fetched, clock.steady_now());
  return result;
}

}  // namespace cordon
