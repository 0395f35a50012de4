#pragma once

#include <functional>
#include <string>

#include "apps/cordon/cli.h"
#include "base/deadline.h"
#include "store/sql_store.h"

// What the commands below `cordon console` share that work on its database, with no console
// running or beside one.

namespace cordon {

class Command;

/// What such a command works with.
struct DatabaseCall {
  SqlStore& store;
  Process& process;
  SystemTime now;
  Deadline deadline;
};
using DatabaseUse = std::function<Result<void>(const DatabaseCall& call)>;

/// Adds a command with its `--database`, which `use` is run on.
Command* add_database_command(Command& above, Selection& selection, const char* name,
                              const char* help, DatabaseUse use);
void add_database_option(Command& command, std::string& database);

/// Writes to the audit log what a command has done, as done by the user who ran it.
Result<void> note_command(const DatabaseCall& call, const std::string& action,
                          const std::string& target, const std::string& detail);

// Each adds one command with those below it, and returns it.
Command* add_token_commands(Command& console, Selection& selection);
Command* add_person_commands(Command& console, Selection& selection);
Command* add_audit_commands(Command& console, Selection& selection);

}  // namespace cordon
