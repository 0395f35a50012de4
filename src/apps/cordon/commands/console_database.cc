#include "apps/cordon/commands/console_database.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "command_line/command_line.h"
#include "store/open_store.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kTimeLimit{30};

int run_on(const std::string& database, Process& process, const DatabaseUse& use) {
  const Result<DatabaseLocation> location = parse_database(database);
  if (!location) {
    report_failure(location.error());
    return kExitUsage;
  }
  const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
  const auto store = open_store(*location, 1, process.clock, deadline, process.stop);
  if (!store) return report_failure(store.error());
  const Result<void> done = use({**store, process, process.clock.system_now(), deadline});
  return done ? kExitDone : report_failure(done.error());
}

// Who runs this program, by name where the machine knows one.
std::string user_name() {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found) == 0 && found) {
    return found->pw_name;
  }
  return std::to_string(::geteuid());
}

}  // namespace

void add_database_option(Command& command, std::string& database) {
  command
      .add_option("--database", database,
                  "sqlite:PATH, or postgresql://USER@HOST/DATABASE (passwords: PGPASSFILE)")
      ->environment("CORDON_DATABASE")
      ->required();
}

Command* add_database_command(Command& above, Selection& selection, const char* name,
                              const char* help, DatabaseUse use) {
  Command* command = above.add_subcommand(name, help);
  auto database = std::make_shared<std::string>();  // Shared by the parser and the chosen command.
  add_database_option(*command, *database);
  command->on_chosen([&selection, database, use = std::move(use)] {
    selection.run = [database, use](Process& process) { return run_on(*database, process, use); };
  });
  return command;
}

Result<void> note_command(const DatabaseCall& call, const std::string& action,
                          const std::string& target, const std::string& detail) {
  const AuditEntry entry{.at = call.now,
                         .who = audit_text("command:" + user_name()),
                         .action = action,
                         .target = audit_text(target),
                         .outcome = "done",
                         .detail = audit_text(detail)};
  CORDON_TRY(call.store.append(entry, call.deadline, call.process.stop));
  return {};
}

}  // namespace cordon
