#include "engine_memory.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace cordon {

namespace fs = std::filesystem;

ProcessMemory memory_of(const std::string& pid) {
  std::ifstream lines("/proc/" + pid + "/smaps_rollup");
  ProcessMemory memory;
  std::string line;
  while (std::getline(lines, line)) {
    const double megabytes = std::strtod(line.c_str() + line.find(':') + 1, nullptr) / 1024;
    if (line.starts_with("Pss:")) memory.pss = megabytes;
    if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:")) {
      memory.own += megabytes;
    }
  }
  return memory;
}

std::vector<std::string> children_of(const std::string& pid) {
  std::vector<std::string> found;
  std::error_code gone;
  for (fs::directory_iterator at("/proc/" + pid + "/task", gone), end; !gone && at != end;
       at.increment(gone)) {
    std::ifstream children(at->path() / "children");
    for (std::string child; children >> child;) found.push_back(child);
  }
  return found;
}

double engines_pss() {
  double sum = 0;
  for (const std::string& zygote : children_of("self")) {
    sum += memory_of(zygote).pss;
    for (const std::string& worker : children_of(zygote)) sum += memory_of(worker).pss;
  }
  return sum;
}

double largest_worker() {
  double most = 0;
  for (const std::string& zygote : children_of("self")) {
    for (const std::string& worker : children_of(zygote)) {
      most = std::max(most, memory_of(worker).own);
    }
  }
  return most;
}

double workers_processor_ms() {
  double sum = 0;
  for (const std::string& zygote : children_of("self")) {
    for (const std::string& worker : children_of(zygote)) {
      double nanoseconds = 0;  // The first number. /proc/PID/stat counts in hundredths of a second.
      std::ifstream("/proc/" + worker + "/schedstat") >> nanoseconds;
      sum += nanoseconds / 1e6;
    }
  }
  return sum;
}

}  // namespace cordon
