#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/cordon_devcloud/stand_in_flags.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace cordon {

/// Becomes `cordon-devcloud`, the program beside this one. Returns only when that fails: not_found,
/// denied, unavailable.
Error become_stand_in(const StandInFlags& flags, const std::string& log_level);

/// `cordon-devcloud` as a child that ends with this process, however that ends.
class StandIn {
 public:
  /// Blocks until it serves; what it says of itself goes to standard output.
  /// Errors: as become_stand_in; unavailable: it ended, and has said why.
  static Result<std::unique_ptr<StandIn>> start(const StandInFlags& flags,
                                                const std::string& log_level);
  ~StandIn();
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  const std::string& endpoint() const { return endpoint_; }

 private:
  StandIn(pid_t child, UniqueFd input) : child_(child), input_(std::move(input)) {}

  const pid_t child_;
  UniqueFd input_;  ///< It stops when this is closed.
  std::string endpoint_;
};

}  // namespace cordon
