#pragma once

#include <stop_token>
#include <string>

#include "base/runtime.h"
#include "testing/seeded_random.h"

namespace cordon {

/// What a program gives to whatever it runs, in memory; the clock is the test's, and outlives it.
struct FakeRuntime {
  explicit FakeRuntime(const Clock& time) : clock(time) {}
  FakeRuntime(const FakeRuntime&) = delete;
  FakeRuntime& operator=(const FakeRuntime&) = delete;

  const Clock& clock;
  SeededRandom random;
  std::string logged;  ///< Every line.
  Log log{LogLevel::debug, clock, [this](std::string_view line) { logged += line; }};
  Metrics metrics;
  Environment environment;
  std::stop_source stop;
  Runtime runtime{clock, random, log, metrics, environment, stop.get_token()};
};

}  // namespace cordon
