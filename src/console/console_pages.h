#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "console/result_intake.h"
#include "console/token_gate.h"
#include "core/ports/finding_queries.h"
#include "net/http_server.h"

namespace cordon {

/// What the console answers over HTTP. All of it outlives the pages.
struct ConsolePagesPorts {
  FindingQueries& findings;
  FindingStore& store;
  AgentReportStore& agents;
  TokenStore& tokens;
  std::function<IntakeHealth()> health;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// `/healthz`, `/readyz` and `/metrics` for whoever asks, and the API below `/api/v1` for bearers
/// of tokens. Threads: any.
class ConsolePages {
 public:
  explicit ConsolePages(ConsolePagesPorts ports)
      : ports_(std::move(ports)), gate_(ports_.tokens, ports_.clock, ports_.metrics) {}

  ServerResponse answer(const ServerRequest& request, std::stop_token stop);

 private:
  ServerResponse answer_api(const ServerRequest& request, std::stop_token stop);
  Result<ServerResponse> route(const ServerRequest& request, const Admission& bearer,
                               Deadline deadline, std::stop_token stop);

  const ConsolePagesPorts ports_;
  TokenGate gate_;
};

}  // namespace cordon
