// cordon doctor [BUCKET..], cordon selftest BUCKET

#include <sys/utsname.h>

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/json_line.h"
#include "apps/cordon/services/engine_start.h"
#include "base/duration.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/health.h"

namespace cordon {
namespace {

struct DoctorFlags {
  EngineFlags engine{.workers = 1};
  std::vector<std::string> buckets;
  bool no_engine = false;
};

struct SelfTestFlags {
  std::string bucket;
  std::string wait = "60s";
};

// --- doctor ----------------------------------------------------------------------------------

void print(const Process& process, const Finding& finding) {
  if (process.options.json) {
    print_json_line(document_of(finding));
  } else {
    std::string text = shown(finding.subject);
    if (!finding.detail.empty()) text += (text.empty() ? "" : ": ") + shown(finding.detail);
    if (!finding.fix.empty()) text += " -> " + shown(finding.fix);
    std::printf("%-8s %-20s %s\n", std::string(name_of(finding.state)).c_str(),
                shown(finding.check).c_str(), shown(text).c_str());
  }
  std::fflush(stdout);
}

std::vector<Finding> examine_account(const DoctorFlags& flags, Process& process) {
  const auto access = connect_account(process);
  if (!access) return examine_unconnected(access.error());
  return examine_deployment(**access, process, {flags.buckets.begin(), flags.buckets.end()});
}

std::vector<Finding> examine_this_machine(const DoctorFlags& flags, Process& process) {
  if (flags.no_engine) {
    return {{"engine", "", Finding::State::skipped, "as asked (--no-engine)"}};
  }
  utsname system{};
  ::uname(&system);
  return examine_machine({.signatures = signatures_dir(flags.engine),
                          .try_engine = [&]() -> Result<EngineFacts> {
                            CORDON_TRY(const std::unique_ptr<Engine> engine,
                                       start_engine(flags.engine, process));
                            return EngineFacts{engine->version(), engine->signature_count()};
                          },
                          .kernel = system.release,
                          .allows_weak_sandbox = flags.engine.allow_weak_sandbox},
                         process.clock);
}

int run_doctor(const DoctorFlags& flags, Process& process) {
  std::vector<Finding> findings = examine_account(flags, process);
  for (Finding& finding : examine_this_machine(flags, process)) {
    findings.push_back(std::move(finding));
  }
  for (const Finding& finding : findings) print(process, finding);
  return has_failure(findings) ? kExitFailed : kExitDone;
}

// --- selftest --------------------------------------------------------------------------------

void print(const Process& process, const Trial& trial) {
  if (process.options.json) {
    print_json_line(document_of(trial));
  } else {
    std::printf("%-6s %-6s %-10s %6lld ms  %s%s%s\n", trial.passed ? "ok" : "failed",
                shown(trial.name).c_str(),
                trial.verdict.empty() ? "-" : shown(trial.verdict).c_str(),
                static_cast<long long>(trial.took.count()),
                trial.place.empty() ? "gone" : shown(trial.place).c_str(),
                trial.why.empty() ? "" : "  - ", shown(trial.why).c_str());
  }
  std::fflush(stdout);
}

int run_selftest_command(const SelfTestFlags& flags, Process& process) {
  const auto wait = parse_duration(flags.wait);
  if (!wait) {
    report_failure(wait.error());
    return kExitUsage;
  }
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<Settings> settings = known_settings(**access, process);
  if (!settings) return report_failure(settings.error());
  const auto trials =
      self_test(**access, process, {.bucket = BucketName(flags.bucket), .wait = *wait}, *settings);
  if (!trials) return report_failure(trials.error());
  bool failed = false;
  for (const Trial& trial : *trials) {
    print(process, trial);
    failed = failed || !trial.passed;
  }
  return failed ? kExitFailed : kExitDone;
}

}  // namespace

void add_doctor_commands(Command& app, Selection& selection) {
  Command* doctor = app.add_subcommand(
      "doctor",
      "Examine everything that agents rely on, with the fix (exit 4 when anything fails)");
  auto flags = std::make_shared<DoctorFlags>();  // Shared by the parser and the chosen command.
  add_engine_flags(*doctor, flags->engine);
  doctor->add_option("BUCKET", flags->buckets, "Buckets (default: every protected one)");
  doctor->add_flag("--no-engine", flags->no_engine, "Leave the scan engine of this machine out");
  doctor->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return run_doctor(*flags, process); };
  });

  Command* selftest = app.add_subcommand(
      "selftest", "Send a harmless object and EICAR through the whole chain, with timings");
  auto test_flags = std::make_shared<SelfTestFlags>();
  selftest->add_option("BUCKET", test_flags->bucket, "A protected bucket")->required();
  selftest->add_option("--wait", test_flags->wait, "At most so long (default: 60s)");
  selftest->on_chosen([&selection, test_flags] {
    selection.run = [test_flags](Process& process) {
      return run_selftest_command(*test_flags, process);
    };
  });
}

}  // namespace cordon
