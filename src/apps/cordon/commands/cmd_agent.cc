// cordon agent: takes events and carries each object to its verdict.

#include <memory>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/services/agent_service.h"
#include "command_line/command_line.h"

namespace cordon {

void add_agent_command(Command& app, Selection& selection) {
  Command* agent =
      app.add_subcommand("agent", "Scan, tag and act upon what arrives in protected buckets");
  auto flags = std::make_shared<AgentFlags>();  // Shared by the parser and the chosen command.
  add_agent_flags(*agent, *flags);
  agent->on_chosen([&selection, flags] {
    selection.is_service = true;
    selection.run = [flags](Process& process) -> int {
      const auto cloud = connect_account(process);
      if (!cloud) {
        report_failure(cloud.error());
        return kExitFailed;
      }
      return run_agent_service(*flags, **cloud, process, [] {});
    };
  });
}

}  // namespace cordon
