#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/http_server.h"

namespace cordon {

/// What a probe asks: alive (a restart would not help) and able to take work. `detail` is for
/// people.
struct Health {
  bool ready = false;
  std::string detail;
};

/// `/healthz`, `/readyz` and `/metrics` on `listen` ("HOST:PORT", port 0: any). `metrics` and what
/// `health` refers to outlive the server.
/// Errors: invalid (listen is malformed), unavailable (the port is taken), denied.
Result<std::unique_ptr<HttpServer>> start_health_server(const std::string& listen,
                                                        std::function<Health()> health,
                                                        const Metrics& metrics, Log& log);

}  // namespace cordon
