#pragma once

#include <string>
#include <vector>

namespace cordon {

struct ProcessMemory {
  double pss = 0;  ///< MB; what several processes share is divided by their number.
  double own = 0;  ///< MB; what no other process shares.
};

/// From /proc; zeros for a process that is gone.
ProcessMemory memory_of(const std::string& pid);

/// The processes that `pid` (or "self") started and that live. The engine's zygote is this
/// process's child, its workers are the zygote's.
std::vector<std::string> children_of(const std::string& pid);

/// MB: zygotes and workers of this process together.
double engines_pss();

/// MB: of this process's workers, the most that one has for itself.
double largest_worker();

/// Milliseconds of processor time, of the program and of the kernel for it, that this process's
/// workers have taken. Those that have ended are not counted.
double workers_processor_ms();

}  // namespace cordon
