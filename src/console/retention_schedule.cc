#include "console/retention_schedule.h"

#include "base/check.h"

namespace cordon {
namespace {

constexpr std::chrono::hours kInterval{1};
constexpr std::size_t kPiece = 500;
constexpr std::chrono::seconds kPieceTime{30};
constexpr std::chrono::milliseconds kBetweenPieces{100};

// Until nothing is left, an error, or the stop request.
Result<std::size_t> forget_all(FindingStore& store, SystemTime time, const Clock& clock,
                               const std::stop_token& stop) {
  std::size_t forgotten = 0;
  for (;;) {
    CORDON_TRY(const std::size_t piece,
               store.forget_before(time, kPiece, Deadline::after(clock, kPieceTime), stop));
    forgotten += piece;
    if (piece == 0 || !clock.wait_for(kBetweenPieces, stop)) return forgotten;
  }
}

}  // namespace

void forget_on_schedule(FindingStore& store, AgentReportStore& agents, SessionStore& sessions,
                        std::chrono::hours keep, const Clock& clock, Log& log, Metrics& metrics,
                        std::stop_token stop) {
  CORDON_CHECK(keep >= kKeptLeast);
  do {
    const SystemTime now = clock.system_now();
    Result<std::size_t> done = forget_all(store, now - keep, clock, stop);
    const Result<std::size_t> gone =
        agents.forget_agents_before(now - kAgentsKept, Deadline::after(clock, kPieceTime), stop);
    const Result<std::size_t> over =
        sessions.forget_stale_sessions(now, Deadline::after(clock, kPieceTime), stop);
    if (done && !gone) done = gone.error();
    if (done && !over) done = over.error();
    if (done && *done > 0) {
      metrics.count("cordon_console_forgotten_total", {}, static_cast<double>(*done));
      log.info("console.forgotten", {{"results", *done}});
    } else if (!done && done.error().code != Errc::cancelled) {
      log.warn("console.forgetting_failed", {{"error", done.error()}});
    }
  } while (clock.wait_for(kInterval, stop));
}

}  // namespace cordon
