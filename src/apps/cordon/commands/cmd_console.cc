// cordon console: the service. The commands below it are in cmd_console_*.cc.

#include <memory>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/console_database.h"
#include "apps/cordon/commands/seal_keys.h"
#include "apps/cordon/services/console_service.h"
#include "command_line/command_line.h"

namespace cordon {

void add_console_command(Command& app, Selection& selection) {
  Command* console =
      app.add_subcommand("console", "Keep what agents find, and show it over HTTP (REST)");
  console->allow_subcommand();
  auto flags = std::make_shared<ConsoleFlags>();  // Shared by the parser and the chosen command.
  console->add_option("--listen", flags->listen,
                      "HOST:PORT; port 0: any (default: 127.0.0.1:8080)");
  console
      ->add_option("--database", flags->database,
                   "sqlite:PATH, or postgresql://USER@HOST/DATABASE (passwords: PGPASSFILE)")
      ->environment("CORDON_DATABASE");
  console->add_option("--keep", flags->keep,
                      "Forget results after this time, at least 30d (default: 365d)");
  console->add_flag("--without-queue", flags->without_queue,
                    "There is no results queue: agents post here (cordon agent --console-url)");
  console->add_option("--public-url", flags->public_url,
                      "Where people reach it through a proxy, as https://console.example.org");
  console
      ->add_option("--proxies", flags->proxies,
                   "How many proxies stand before it; from their X-Forwarded-For it knows who asks")
      ->between(0, 10);
  add_seal_key_flag(*console, flags->seal_key_file);
  Command* token = add_token_commands(*console, selection);
  Command* person = add_person_commands(*console, selection);
  Command* audit = add_audit_commands(*console, selection);
  console->on_chosen([&selection, flags, token, person, audit] {
    if (token->is_chosen() || person->is_chosen() || audit->is_chosen()) return;
    selection.is_service = true;
    selection.run = [flags](Process& process) {
      return run_console_service(*flags, process, [] {});
    };
  });
}

}  // namespace cordon
