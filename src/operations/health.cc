#include "operations/health.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/text.h"
#include "operations/quarantines.h"
#include "operations/signature_brake.h"
#include "signatures/signature_files.h"

namespace cordon {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

using State = Finding::State;

constexpr std::chrono::minutes kExaminationLimit{10};
constexpr std::chrono::seconds kQuestionLimit{15};
constexpr std::chrono::hours kSignaturesOld{72};
constexpr std::chrono::hours kSignaturesTooOld{168};
constexpr std::size_t kSetBytesMax = 2048;

// --- the deployment --------------------------------------------------------------------------

Finding examine_held(DeploymentAccess& access, const Runtime& runtime) {
  const Result<BrakeReport> report = report_brake(access, runtime);
  if (!report) return {"brake", "", State::warning, report.error().what, "docs/runbook/brake.md"};
  if (report->held.count == 0) return {"brake", "", State::ok, "holds nothing"};
  return {"brake", "", State::warning,
          std::to_string(report->held.count) + " objects are held that a decision has not reached",
          "cordon signatures brake says how to go on"};
}

Finding examine_brake(DeploymentAccess& access, const Runtime& runtime) {
  const Result<BrakeState> brake = brake_state(access, runtime);
  if (!brake) {
    return {"brake", "", State::warning, brake.error().what,
            "until it can be read every agent holds by itself (docs/runbook/brake.md)"};
  }
  if (brake->phase != BrakeState::Phase::holding) return examine_held(access, runtime);
  return {"brake", utf8_clean(brake->set, kSetBytesMax), State::warning,
          "new signatures found something in " + std::to_string(brake->infected) + " of " +
              std::to_string(brake->scanned) +
              " objects; what they find is neither moved nor "
              "deleted",
          "cordon signatures brake shows it; then confirm or reject"};
}

Finding finding_of_connection(const Error& error) {
  if (error.cause == ErrorCause::clock_skew) {
    return {"clock", "", State::failed, error.what, "set this machine's clock (NTP)"};
  }
  if (error.what.find("region") != std::string::npos && error.code == Errc::invalid) {
    return {"region", "", State::failed, error.what, "set AWS_REGION, or --region"};
  }
  return {"credentials", "", State::failed, error.what,
          "set credentials: environment, profile, web identity, container or instance role"};
}

// --- the machine -----------------------------------------------------------------------------

Finding examine_sandbox(const MachineExamination& machine) {
  if (machine.allows_weak_sandbox) {
    return {"sandbox", machine.kernel, State::warning, "a weak sandbox is allowed",
            "leave --allow-weak-sandbox away where the kernel has Landlock and namespaces"};
  }
  return {"sandbox", machine.kernel, State::ok, "complete: the engine refuses to serve without"};
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
  if (age <= kSignaturesOld) return {"signatures age", directory.string(), State::ok, detail};
  return {"signatures age", directory.string(),
          age > kSignaturesTooOld ? State::failed : State::warning, detail,
          "let freshclam, or whatever brings signatures, run every few hours"};
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

}  // namespace

bool has_failure(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.state == State::failed; });
}

std::vector<Finding> examine_unconnected(const Error& why) {
  return {finding_of_connection(why),
          {"resources", "", State::skipped, "without credentials nobody can be asked"}};
}

std::vector<Finding> examine_deployment(DeploymentAccess& access, const Runtime& runtime,
                                        const std::vector<BucketName>& buckets) {
  std::vector<Finding> findings{{"credentials", access.account().str(), State::ok},
                                {"clock", "", State::ok, "the services accept it"},
                                {"region", access.region().str(), State::ok}};
  const Result<RegionAdmin> admin = access.region_admins()(access.region());
  if (!admin) {
    findings.push_back({"region", access.region().str(), State::failed, admin.error().what,
                        "name another region with --region"});
    return findings;
  }
  Protection protection = access.protection();
  Doctor doctor(access.deployment(), access.account(), access.region(), protection, *admin,
                access.store(), access.store_probe());
  doctor.know_register(access.protected_register());
  doctor.tell_progress(access.progress());
  std::vector<Finding> found =
      doctor.examine(buckets, Deadline::after(runtime.clock, kExaminationLimit), runtime.stop);
  std::move(found.begin(), found.end(), std::back_inserter(findings));
  findings.push_back(examine_brake(access, runtime));
  return findings;
}

std::vector<Finding> examine_machine(const MachineExamination& machine, const Clock& clock) {
  const Result<fs::path>& directory = machine.signatures;
  if (!directory) {
    return {{"signatures", "", State::failed, directory.error().what,
             "install clamav-freshclam, or name a directory with --signatures"}};
  }
  const Result<EngineFacts> engine = machine.try_engine();
  if (!engine) {
    return {{"engine", directory->string(), State::failed, engine.error().what,
             "do what the message says; cordon scan file tries it again"}};
  }
  const EngineVersion& version = engine->version;
  std::vector<Finding> findings{
      {"engine", version.engine, State::ok,
       "signatures " + version.signatures + ", " + std::to_string(engine->signatures) + " in all"},
      {"canary", "", State::ok, "what must be found is found, what is clean is clean"},
      examine_sandbox(machine)};
  if (version.signatures.starts_with("test-")) {
    findings.push_back({"signatures age", directory->string(), State::warning,
                        "test signatures: only EICAR and the test corpus are found",
                        "install clamav-freshclam and point --signatures at its directory"});
  } else {
    findings.push_back(examine_age(live_directory(*directory), clock));
  }
  return findings;
}

Result<std::vector<Trial>> self_test(DeploymentAccess& access, const Runtime& runtime,
                                     const SelfTestRequest& request, const Settings& settings) {
  const BucketName& bucket = request.bucket;
  if (account_of(settings.accounts, bucket) != nullptr) {
    return Error{Errc::invalid,
                 "bucket " + bucket.str() +
                     " is another account's, where Cordon's role may put no objects of its own; "
                     "run the test in a bucket of this account: the way is the same"};
  }
  CORDON_TRY(const bool is_watched,
             access.is_watched(bucket, std::nullopt, Deadline::after(runtime.clock, kQuestionLimit),
                               runtime.stop));
  if (!is_watched) {
    return Error{
        Errc::invalid,
        "bucket " + bucket.str() + " is not protected; run: cordon bucket protect " + bucket.str()};
  }
  const SelfTestOptions options{.bucket = bucket,
                                .quarantine = quarantine_of(access, settings, bucket),
                                .tag_keys = keys_in_force(settings.tags),
                                .wait = request.wait};
  return run_selftest(options, access.store(), access.catalogue(), runtime.clock, runtime.random,
                      runtime.stop);
}

json::object document_of(const Finding& finding) {
  return json::object{
      {"schema", "cordon.finding/1"},      {"check", finding.check},
      {"subject", shown(finding.subject)}, {"state", std::string(name_of(finding.state))},
      {"detail", shown(finding.detail)},   {"fix", shown(finding.fix)}};
}

json::object document_of(const Trial& trial) {
  return json::object{{"schema", "cordon.selftest/1"},
                      {"name", trial.name},
                      {"bucket", trial.object.bucket.str()},
                      {"key", trial.object.key.str()},
                      {"passed", trial.passed},
                      {"result", or_null(shown(trial.verdict))},
                      {"place", or_null(trial.place)},
                      {"millis", trial.took.count()},
                      {"why", shown(trial.why)}};
}

}  // namespace cordon
