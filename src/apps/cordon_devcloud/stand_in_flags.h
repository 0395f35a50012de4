#pragma once

#include <string>
#include <vector>

namespace cordon {

class Command;

/// How the stand-in is started; the flags of `cordon-devcloud`, which `cordon devcloud` and `cordon
/// dev` hand on to it.
struct StandInFlags {
  std::string listen = "127.0.0.1:4566";
  std::string access_key = "cordon";
  std::string secret_key = "cordon-dev-secret";
  std::string account = "000000000000";
  std::string identities;  ///< A file; empty: none.
  std::string scratch;     ///< A directory; empty: the system's.
  bool fault_control = false;
};

/// `flags` outlives the command.
void add_stand_in_flags(Command& command, StandInFlags& flags);
/// The same, for tests alone: lets unsigned requests disturb the services.
void add_fault_control(Command& command, StandInFlags& flags);
/// The flags as arguments of the program.
std::vector<std::string> arguments_of(const StandInFlags& flags);

}  // namespace cordon
