#include "engine/start_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

#include "base/files.h"
#include "engine/confinement.h"

namespace cordon {
namespace {

/// Owns the two objects of posix_spawn.
struct SpawnPlan {
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// The socket first: it may itself be at 0, 1 or 2 if our caller closed those.
int plan_descriptors(SpawnPlan& plan, int socket) {
  int failed = ::posix_spawn_file_actions_adddup2(&plan.actions, socket, kSocketDescriptor);
  for (int standard = 0; standard <= 2 && failed == 0; ++standard) {
    const bool keep = standard == 2 && socket != 2 && ::fcntl(2, F_GETFD) >= 0;
    if (keep) continue;
    failed = ::posix_spawn_file_actions_addopen(&plan.actions, standard, "/dev/null", O_RDWR, 0);
  }
  if (failed != 0) return failed;
  return ::posix_spawn_file_actions_addclosefrom_np(&plan.actions, kSocketDescriptor + 1);
}

int plan_attributes(SpawnPlan& plan) {
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  int failed = ::posix_spawnattr_setsigmask(&plan.attributes, &none);
  if (failed == 0) failed = ::posix_spawnattr_setsigdefault(&plan.attributes, &all);
  if (failed != 0) return failed;
  return ::posix_spawnattr_setflags(
      &plan.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

}  // namespace

Result<pid_t> start_program(const std::filesystem::path& binary,
                            const std::vector<std::string>& arguments, int socket) {
  SpawnPlan plan;
  if (const int failed = plan_descriptors(plan, socket); failed != 0) {
    return errno_error("posix_spawn_file_actions", failed);
  }
  if (const int failed = plan_attributes(plan); failed != 0) {
    return errno_error("posix_spawnattr", failed);
  }
  // SAFETY: posix_spawn does not write through argv.
  std::vector<char*> argv = {const_cast<char*>(binary.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  char* const environment[] = {nullptr};
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, binary.c_str(), &plan.actions, &plan.attributes,
                                   argv.data(), environment);
  if (failed != 0) return errno_error("starting " + binary.string(), failed);
  return pid;
}

}  // namespace cordon
