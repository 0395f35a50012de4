#include "apps/cordon_devcloud/stand_in_flags.h"

#include "command_line/command_line.h"

namespace cordon {

void add_stand_in_flags(Command& command, StandInFlags& flags) {
  command.add_option("--listen", flags.listen, "HOST:PORT (port 0: any; printed as endpoint)");
  command.add_option("--access-key", flags.access_key, "Access key that it accepts");
  command.add_option("--secret-key", flags.secret_key,
                     "Its secret key; off loopback the default one is refused");
  command.add_option("--account", flags.account, "Account id, 12 digits");
  command.add_option("--identities", flags.identities,
                     "JSON file of users and roles with their keys and policies");
  command.add_option("--scratch", flags.scratch, "Directory for large objects");
}

void add_fault_control(Command& command, StandInFlags& flags) {
  command.add_flag("--fault-control", flags.fault_control,
                   "Let unsigned requests to /_devcloud/faults disturb the services (tests)");
}

std::vector<std::string> arguments_of(const StandInFlags& flags) {
  std::vector<std::string> arguments = {"--listen",       flags.listen,   "--access-key",
                                        flags.access_key, "--secret-key", flags.secret_key,
                                        "--account",      flags.account};
  if (!flags.identities.empty())
    arguments.insert(arguments.end(), {"--identities", flags.identities});
  if (!flags.scratch.empty()) arguments.insert(arguments.end(), {"--scratch", flags.scratch});
  if (flags.fault_control) arguments.emplace_back("--fault-control");
  return arguments;
}

}  // namespace cordon
