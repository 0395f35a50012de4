// cordon scan file PATH..: the agent's engine and verdicts for local files. (scan bucket:
// cmd_sweep.cc)

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "apps/cordon/exit_codes.h"
#include "apps/cordon/json_line.h"
#include "apps/cordon/services/engine_start.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "staging/scan_file.h"

namespace cordon {
namespace {

struct ScanFlags {
  EngineFlags engine{.workers = 1};
  std::uint64_t spool_bytes = FileScanOptions{}.spool_bytes_max;
  std::vector<std::string> paths;
};

// What matters most to a script that sees one number: something found, then a failure, then no
// verdict.
int worse(int a, int b) {
  const auto rank = [](int code) {
    if (code == kExitFound) return 4;
    if (code == kExitFailed) return 3;
    if (code == kExitPending) return 2;
    return code == kExitNoVerdict ? 1 : 0;
  };
  return rank(a) >= rank(b) ? a : b;
}

void print(const Process& process, const ScanResult& result) {
  if (process.options.json) {
    print_json_line(to_json(result));
  } else {
    const Verdict& verdict = result.verdict;
    const std::string detail =
        verdict.virus_names.empty() ? verdict.message : verdict.virus_names.front();
    std::printf("%s: %s%s%s\n", shown(result.path.value_or("")).c_str(),
                std::string(name_of(verdict.disposition)).c_str(), detail.empty() ? "" : " - ",
                shown(detail).c_str());
  }
  std::fflush(stdout);
}

int run(const ScanFlags& flags, Process& process) {
  const auto engine = start_engine(flags.engine, process);
  if (!engine) {
    report_failure(engine.error());
    return kExitFailed;
  }
  FileScanOptions options;
  options.deployment = process.options.deployment;
  options.scan_time_max = std::chrono::seconds(4 * flags.engine.max_scan_seconds);
  const auto spool = spool_dir(flags.engine, process.environment);
  if (!spool) return report_failure(spool.error());
  options.stage.spool_directory = *spool;
  options.spool_bytes_max = flags.spool_bytes;

  int exit_code = kExitDone;
  for (const std::string& path : flags.paths) {
    const auto result = scan_file(path, options, (*engine)->scanner(), process.clock,
                                  process.random, Deadline::never(), process.stop);
    if (!result) {
      exit_code = worse(exit_code, report_failure(with_context(result.error(), path)));
      if (result.error().code == Errc::cancelled) return kExitFailed;
      continue;
    }
    print(process, *result);
    exit_code = worse(exit_code, exit_code_of(result->verdict.disposition));
  }
  return exit_code;
}

}  // namespace

void add_scan_command(Command& app, Selection& selection) {
  Command* scan = app.add_subcommand("scan", "Scan on demand");
  scan->require_subcommand();
  Command* file = scan->add_subcommand(
      "file", "Scan local files (exit 0 all clean, 1 infected or suspicious, 3 no verdict)");
  auto flags = std::make_shared<ScanFlags>();  // Shared by the parser and the chosen command.
  add_engine_flags(*file, flags->engine);
  file->add_option("--spool-bytes", flags->spool_bytes,
                   "Most bytes of a staged file; larger ones are scanned in pieces")
      ->positive();
  file->add_option("PATH", flags->paths, "Files")->required();
  file->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return run(*flags, process); };
  });
  add_scan_bucket_command(*scan, selection);
}

}  // namespace cordon
