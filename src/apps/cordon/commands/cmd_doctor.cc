// cordon doctor [BUCKET..], cordon selftest BUCKET

#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "apps/cordon/commands/cmd_brake.h"
#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/json_line.h"
#include "apps/cordon/services/engine_start.h"
#include "base/duration.h"
#include "base/text.h"
#include "operations/quarantines.h"
#include "provision/doctor.h"
#include "provision/selftest.h"
#include "signatures/signature_files.h"

namespace cordon {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

using State = Finding::State;

constexpr std::chrono::minutes kTimeLimit{10};
constexpr std::chrono::seconds kSettingsLimit{15};
constexpr std::chrono::hours kSignaturesOld{72};
constexpr std::chrono::hours kSignaturesTooOld{168};
constexpr std::size_t kShownBytesMax = 2048;

struct DoctorFlags {
  EngineFlags engine{.workers = 1};
  std::vector<std::string> buckets;
  bool no_engine = false;
};

struct SelfTestFlags {
  std::string bucket;
  std::string wait = "60s";
};

void print(const Process& process, const Finding& finding) {
  if (process.options.json) {
    const json::object line{
        {"schema", "cordon.finding/1"},      {"check", finding.check},
        {"subject", shown(finding.subject)}, {"state", std::string(name_of(finding.state))},
        {"detail", shown(finding.detail)},   {"fix", shown(finding.fix)}};
    print_json_line(line);
  } else {
    std::string text = shown(finding.subject);
    if (!finding.detail.empty()) text += (text.empty() ? "" : ": ") + shown(finding.detail);
    if (!finding.fix.empty()) text += " -> " + shown(finding.fix);
    std::printf("%-8s %-20s %s\n", std::string(name_of(finding.state)).c_str(),
                shown(finding.check).c_str(), shown(text).c_str());
  }
  std::fflush(stdout);
}

// --- this machine ----------------------------------------------------------------------------

Finding examine_kernel(const EngineFlags& flags) {
  utsname system{};
  ::uname(&system);
  if (flags.allow_weak_sandbox) {
    return {"sandbox", system.release, State::warning, "a weak sandbox is allowed",
            "leave --allow-weak-sandbox away where the kernel has Landlock and namespaces"};
  }
  return {"sandbox", system.release, State::ok, "complete: the engine refuses to serve without"};
}

Finding examine_age(const fs::path& directory, const Clock& clock) {
  const Result<SystemTime> made = set_time(directory);
  if (!made) {
    return {"signatures age", directory.string(), State::failed, made.error().what,
            "point --signatures at a directory with signatures"};
  }
  const auto age = clock.system_now() - *made;
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(age).count();
  const std::string detail = "made " + std::to_string(hours) + " h ago";
  const char* fix = "let freshclam, or whatever brings signatures, run every few hours";
  if (age > kSignaturesTooOld)
    return {"signatures age", directory.string(), State::failed, detail, fix};
  if (age > kSignaturesOld)
    return {"signatures age", directory.string(), State::warning, detail, fix};
  return {"signatures age", directory.string(), State::ok, detail};
}

void examine_engine(const DoctorFlags& flags, Process& process, std::vector<Finding>& findings) {
  if (flags.no_engine) {
    findings.push_back({"engine", "", State::skipped, "as asked (--no-engine)"});
    return;
  }
  const Result<fs::path> directory = signatures_dir(flags.engine);
  if (!directory) {
    findings.push_back({"signatures", "", State::failed, directory.error().what,
                        "install clamav-freshclam, or name a directory with --signatures"});
    return;
  }
  const auto engine = start_engine(flags.engine, process);
  if (!engine) {
    findings.push_back({"engine", directory->string(), State::failed, engine.error().what,
                        "do what the message says; cordon scan file tries it again"});
    return;
  }
  const EngineVersion version = (*engine)->version();
  findings.push_back({"engine", version.engine, State::ok,
                      "signatures " + version.signatures + ", " +
                          std::to_string((*engine)->signature_count()) + " in all"});
  findings.push_back(
      {"canary", "", State::ok, "what must be found is found, what is clean is clean"});
  findings.push_back(examine_kernel(flags.engine));
  if (version.signatures.starts_with("test-")) {
    findings.push_back({"signatures age", directory->string(), State::warning,
                        "test signatures: only EICAR and the test corpus are found",
                        "install clamav-freshclam and point --signatures at its directory"});
    return;
  }
  findings.push_back(examine_age(live_directory(*directory), process.clock));
}

// --- the cloud -------------------------------------------------------------------------------

Finding finding_of_connection(const Error& error) {
  if (error.reason == "clock-skew") {
    return {"clock", "", State::failed, error.what, "set this machine's clock (NTP)"};
  }
  if (error.what.find("region") != std::string::npos && error.code == Errc::invalid) {
    return {"region", "", State::failed, error.what, "set AWS_REGION, or --region"};
  }
  return {"credentials", "", State::failed, error.what,
          "set credentials: environment, profile, web identity, container or instance role"};
}

Finding examine_brake(Process& process) {
  const Result<BrakeState> brake = brake_state(process);
  if (!brake) {
    return {"brake", "", State::warning, brake.error().what,
            "until it can be read every agent holds by itself (docs/runbook/brake.md)"};
  }
  if (brake->phase != BrakeState::Phase::holding) {
    const Result<std::uint64_t> held = held_objects(process);
    if (held && *held == 0) return {"brake", "", State::ok, "holds nothing"};
    if (!held) return {"brake", "", State::warning, held.error().what, "docs/runbook/brake.md"};
    return {"brake", "", State::warning,
            std::to_string(*held) + " objects are held that a decision has not reached",
            "cordon signatures brake says how to go on"};
  }
  return {"brake", utf8_clean(brake->set, kShownBytesMax), State::warning,
          "new signatures found something in " + std::to_string(brake->infected) + " of " +
              std::to_string(brake->scanned) +
              " objects; what they find is neither moved nor "
              "deleted",
          "cordon signatures brake shows it; then confirm or reject"};
}

void examine_cloud(const DoctorFlags& flags, Process& process, std::vector<Finding>& findings) {
  auto cloud = connect_account(process);
  if (!cloud) {
    findings.push_back(finding_of_connection(cloud.error()));
    findings.push_back(
        {"resources", "", State::skipped, "without credentials nobody can be asked"});
    return;
  }
  findings.push_back({"credentials", (*cloud)->account().str(), State::ok});
  findings.push_back({"clock", "", State::ok, "the services accept it"});
  findings.push_back({"region", (*cloud)->region().str(), State::ok});
  const auto admin = (*cloud)->region_admins()((*cloud)->region());
  if (!admin) {
    findings.push_back({"region", (*cloud)->region().str(), State::failed, admin.error().what,
                        "name another region with --region"});
    return;
  }
  Protection protection = (*cloud)->protection();
  Doctor doctor((*cloud)->deployment(), (*cloud)->account(), (*cloud)->region(), protection, *admin,
                (*cloud)->store(), (*cloud)->store_probe());
  doctor.know_desk((*cloud)->protected_desk());
  const std::vector<BucketName> buckets(flags.buckets.begin(), flags.buckets.end());
  for (Finding& finding :
       doctor.examine(buckets, Deadline::after(process.clock, kTimeLimit), process.stop)) {
    findings.push_back(std::move(finding));
  }
  findings.push_back(examine_brake(process));
}

int run_doctor(const DoctorFlags& flags, Process& process) {
  std::vector<Finding> findings;
  examine_cloud(flags, process, findings);
  examine_engine(flags, process, findings);
  for (const Finding& finding : findings) print(process, finding);
  const bool failed = std::any_of(findings.begin(), findings.end(),
                                  [](const Finding& f) { return f.state == State::failed; });
  return failed ? kExitFailed : kExitDone;
}

// --- selftest --------------------------------------------------------------------------------

void print(const Process& process, const Trial& trial) {
  if (process.options.json) {
    const json::object line{
        {"schema", "cordon.selftest/1"},
        {"name", trial.name},
        {"bucket", trial.object.bucket.str()},
        {"key", trial.object.key.str()},
        {"passed", trial.passed},
        {"result",
         trial.verdict.empty() ? json::value(nullptr) : json::value(shown(trial.verdict))},
        {"place", trial.place.empty() ? json::value(nullptr) : json::value(trial.place)},
        {"millis", trial.took.count()},
        {"why", shown(trial.why)}};
    print_json_line(line);
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
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Deadline deadline = Deadline::after(process.clock, kSettingsLimit);
  const BucketName bucket(flags.bucket);
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return report_failure(settings.error());
  if (account_of(settings->accounts, bucket) != nullptr) {
    return report_failure(Error{
        Errc::invalid, "bucket " + flags.bucket +
                           " is another account's, where Cordon's role may put no objects of its "
                           "own; run the test in a bucket of this account: the way is the same"});
  }
  const auto watched = (*cloud)->is_watched(bucket, std::nullopt, deadline, process.stop);
  if (!watched) return report_failure(watched.error());
  if (!*watched) {
    return report_failure(
        Error{Errc::invalid, "bucket " + flags.bucket +
                                 " is not protected; run: cordon bucket protect " + flags.bucket});
  }
  const SelfTestOptions options{.bucket = bucket,
                                .quarantine = quarantine_of(**cloud, *settings, bucket),
                                .tag_keys = keys_in_force(settings->tags),
                                .wait = *wait};
  const auto trials = run_selftest(options, (*cloud)->store(), (*cloud)->catalogue(), process.clock,
                                   process.random, process.stop);
  if (!trials) return report_failure(trials.error());
  bool failed = false;
  for (const Trial& trial : *trials) {
    print(process, trial);
    failed = failed || !trial.passed;
  }
  return failed ? kExitFailed : kExitDone;
}

}  // namespace

void add_doctor_commands(CLI::App& app, Selection& selection) {
  CLI::App* doctor = app.add_subcommand(
      "doctor",
      "Examine everything that agents rely on, with the fix (exit 4 when anything fails)");
  auto flags = std::make_shared<DoctorFlags>();  // Shared by the parser and the chosen command.
  add_engine_flags(*doctor, flags->engine);
  doctor->add_option("BUCKET", flags->buckets, "Buckets (default: every protected one)");
  doctor->add_flag("--no-engine", flags->no_engine, "Leave the scan engine of this machine out");
  doctor->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return run_doctor(*flags, process); };
  });

  CLI::App* selftest = app.add_subcommand(
      "selftest", "Send a harmless object and EICAR through the whole chain, with timings");
  auto test_flags = std::make_shared<SelfTestFlags>();
  selftest->add_option("BUCKET", test_flags->bucket, "A protected bucket")->required();
  selftest->add_option("--wait", test_flags->wait, "At most so long (default: 60s)");
  selftest->callback([&selection, test_flags] {
    selection.run = [test_flags](Process& process) {
      return run_selftest_command(*test_flags, process);
    };
  });
}

}  // namespace cordon
