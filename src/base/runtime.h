#pragma once

#include <stop_token>

#include "base/clock.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"

namespace cordon {

/// What a program gives to whatever it runs. All of it outlives that.
struct Runtime {
  const Clock& clock;
  Random& random;
  Log& log;
  Metrics& metrics;
  const Environment& environment;
  std::stop_token stop;  ///< Requested when the program is to end.
};

}  // namespace cordon
