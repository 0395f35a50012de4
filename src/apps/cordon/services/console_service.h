#pragma once

#include <string>

#include "apps/cordon/cli.h"

namespace cordon {

/// What a console is told on its command line.
struct ConsoleFlags {
  std::string listen = "127.0.0.1:8080";
  std::string database;
  std::string keep = "365d";
  std::string public_url;  ///< Where people reach it; empty: where they ask.
};

/// The console as a service, until the stop request: takes results in, forgets old ones, answers
/// over HTTP. Returns the exit code.
int run_console_service(const ConsoleFlags& flags, Process& process);

}  // namespace cordon
