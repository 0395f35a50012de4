#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "apps/cordon/cli.h"
#include "brake/brake_watch.h"
#include "operations/deployment_access.h"

namespace cordon {

/// The agent's brake, tied to those of the region's other agents by a thread named "brake" for as
/// long as this lives.
class BrakeService {
 public:
  /// Blocks for a look at what is there. `cloud`, `process` and what `settings` needs outlive the
  /// service.
  static std::unique_ptr<BrakeService> start(const std::string& agent, DeploymentAccess& cloud,
                                             Process& process,
                                             std::function<BrakeSettings()> settings);

  BrakeWatch& watch() { return watch_; }

 private:
  BrakeService(BrakeWatchOptions options, DeploymentAccess& cloud, Process& process,
               std::function<BrakeSettings()> settings);

  const std::unique_ptr<DocumentStore> pulled_;
  const std::unique_ptr<DocumentStore> decisions_;
  const std::unique_ptr<DocumentStore> history_;
  BrakeWatch watch_;
  std::jthread thread_;  ///< Last: it ends before what it uses.
};

}  // namespace cordon
