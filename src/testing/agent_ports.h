#pragma once

#include <optional>

#include "agent/agent.h"
#include "testing/agent_world.h"

namespace cordon {

/// What an agent needs, of the world around a pipeline. The world outlives the agent.
inline AgentPorts agent_ports(World& world) {
  return {.queue = world.queue,
          .store = world.store,
          .catalogue = world.catalogue,
          .buckets = world.buckets,
          .scanner = world.scanner,
          .engine = [&world] { return std::optional(world.scanner.version()); },
          .revive_engine = [](const std::stop_token&) {},
          .results = world.sink,
          .policy = [&world](const BucketName&, const ObjectKey&) { return world.policy; },
          .clock = world.clock,
          .random = world.random,
          .log = world.log,
          .metrics = world.metrics,
          .observer = world.observer};
}

}  // namespace cordon
