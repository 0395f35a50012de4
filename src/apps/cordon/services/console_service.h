#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "apps/cordon/cli.h"

namespace cordon {

/// What a console is told on its command line.
struct ConsoleFlags {
  std::string listen = "127.0.0.1:8080";
  std::string database;
  std::string keep = "365d";
  std::string public_url;      ///< Where people reach it; empty: where they ask.
  int proxies = 0;             ///< Of ours, before it.
  std::string seal_key_file;   ///< Empty: verdicts are believed as their tags stand.
  bool without_queue = false;  ///< Agents post their results, and there is no queue to look for.
};

/// The console as a service, until the stop request: takes results in, forgets old ones, answers
/// over HTTP. `when_ready` is called once it answers. Returns the exit code.
int run_console_service(const ConsoleFlags& flags, Process& process,
                        const std::function<void()>& when_ready);

/// A console beside something else in this process.
class ConsoleBeside {
 public:
  /// Blocks until it answers, or has said why it does not. `process` outlives it.
  ConsoleBeside(ConsoleFlags flags, const Process& process);
  ~ConsoleBeside();  ///< Stops it, and waits for it.
  ConsoleBeside(const ConsoleBeside&) = delete;
  ConsoleBeside& operator=(const ConsoleBeside&) = delete;

  /// kExitDone: it answers.
  int exit_code() const { return exit_code_; }

 private:
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> with_process_;  ///< Stops it with everything else.
  int exit_code_ = 0;  ///< Written before the constructor returns.
  std::jthread thread_;
};

}  // namespace cordon
