#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"

namespace cordon {

/// What lets somebody make the first person of a console: whoever reads its output. Kept in memory
/// alone, so that one of a console that was started again does not count. Threads: any.
class SetupToken {
 public:
  explicit SetupToken(const Clock& clock) : clock_(clock) {}

  /// A new one, to be shown once; counts for an hour.
  std::string begin(Random& random);
  bool matches(std::string_view text) const;
  void end();

 private:
  struct Kept {
    std::string digest;
    SteadyTime expires;
  };

  const Clock& clock_;
  Guarded<std::optional<Kept>> kept_;
};

}  // namespace cordon
