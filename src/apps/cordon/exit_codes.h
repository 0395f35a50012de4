#pragma once

#include "apps/cordon/cli.h"
#include "core/verdict.h"

namespace cordon {

/// The exit code of a scan or an inquiry that came to this.
inline int exit_code_of(Disposition disposition) {
  switch (disposition) {
    case Disposition::clean:
    case Disposition::infected_allowed:
      return kExitDone;
    case Disposition::infected:
    case Disposition::suspicious:
      return kExitFound;
    case Disposition::unscannable:
    case Disposition::error:
      return kExitNoVerdict;
  }
  return kExitNoVerdict;
}

}  // namespace cordon
