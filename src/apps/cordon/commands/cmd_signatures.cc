// cordon signatures status | update | check (brake, confirm and reject are in cmd_brake.cc)

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "apps/cordon/commands/cmd_brake.h"
#include "apps/cordon/json_line.h"
#include "apps/cordon/services/engine_start.h"
#include "apps/cordon/services/signature_service.h"
#include "base/text.h"
#include "net/http_client.h"
#include "signatures/signature_files.h"
#include "signatures/signature_set.h"
#include "updates/freshclam.h"
#include "updates/remote_files.h"
#include "updates/updater.h"

namespace cordon {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::chrono::hours kUpdateLimit{1};

struct UpdateFlags {
  EngineFlags engine{.workers = 1};
  std::string source;
  std::string freshclam = "freshclam";
  bool roll_back = false;
  bool force = false;
};

struct CheckFlags {
  EngineFlags engine{.workers = 1};
  std::string directory;
};

struct Proof {
  ProvenSet proven;
  Engine::Notes notes;  ///< What of it is not in force.
};

Result<Proof> prove(EngineFlags flags, Process& process, const fs::path& directory) {
  flags.signatures = directory.string();
  CORDON_TRY(const std::unique_ptr<Engine> engine, start_engine(flags, process));
  CORDON_TRY(check_known_clean(flags, engine->scanner(), process.clock, process.stop));
  return Proof{.proven = {.set = {.version = engine->version().signatures,
                                  .signatures = engine->signature_count()},
                          .engine = engine->version().engine},
               .notes = engine->notes()};
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(utf8_clean(text, 512));
}

json::value names_of(const std::set<std::string>& names) {
  json::array out;
  for (const std::string& name : names) out.emplace_back(utf8_clean(name, 256));
  return out;
}

// --- status ----------------------------------------------------------------------------------

int status(const EngineFlags& flags, Process& process) {
  const Result<fs::path> root = signatures_dir(flags);
  if (!root) return report_failure(root.error());
  const fs::path live = live_directory(*root);
  const Result<SignatureSet> set = describe_signatures(live);
  const Result<SystemTime> made = set_time(live);
  if (!set) return report_failure(set.error());
  if (!made) return report_failure(made.error());
  const Result<SetManifest> manifest = manifest_in(live);
  const auto age =
      std::chrono::duration_cast<std::chrono::hours>(process.clock.system_now() - *made);
  const Result<SetManifest> previous = manifest_in(*root / "previous");
  const Result<BrakeState> brake = brake_state(process);
  if (process.options.json) {
    const json::object line{
        {"schema", "cordon.signatures/1"},
        {"directory", root->string()},
        {"version", set->version},
        {"signatures", manifest ? json::value(manifest->signatures) : json::value(nullptr)},
        {"made", rfc3339_s(*made)},
        {"source", manifest ? or_null(manifest->source) : json::value(nullptr)},
        {"takenAt", manifest ? json::value(rfc3339_ms(manifest->taken_at)) : json::value(nullptr)},
        {"previous", previous ? or_null(previous->version) : json::value(nullptr)},
        {"ignored", brake ? names_of(brake->ignored) : json::value(nullptr)},
        {"rejected",
         brake ? json::value(brake->rejected_sets.contains(set->version)) : json::value(nullptr)},
        {"testOnly", set->test_only}};
    print_json_line(line);
    return kExitDone;
  }
  std::printf("directory  %s\nversion    %s\nmade       %s (%lld h ago)\n",
              shown(root->string()).c_str(), shown(set->version, 512).c_str(),
              rfc3339_s(*made).c_str(), static_cast<long long>(age.count()));
  if (manifest) {
    std::printf("count      %llu\nsource     %s\ntaken      %s\n",
                static_cast<unsigned long long>(manifest->signatures),
                shown(manifest->source, 512).c_str(), rfc3339_s(manifest->taken_at).c_str());
  } else {
    std::printf(
        "source     not kept by cordon signatures update; cordon signatures check counts\n");
  }
  if (previous) std::printf("previous   %s\n", shown(previous->version, 512).c_str());
  if (brake && !brake->ignored.empty()) {
    std::printf("ignored    %zu rejected names count for nothing (cordon signatures brake)\n",
                brake->ignored.size());
  }
  if (brake && brake->rejected_sets.contains(set->version)) {
    std::printf("REJECTED: agents go back to the set before (cordon signatures brake)\n");
  }
  if (set->test_only) std::printf("TEST SIGNATURES ONLY: EICAR and the test corpus are found\n");
  return kExitDone;
}

json::value texts_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(utf8_clean(text, 512));
  return out;
}

void print_notes(const Engine::Notes& notes) {
  if (notes.count == 0) return;
  std::printf("of %llu rules not everything is in force:\n",
              static_cast<unsigned long long>(notes.count));
  for (const std::string& note : notes.first) {
    std::printf("  %s\n", shown(note, 512).c_str());
  }
  if (notes.count > notes.first.size()) {
    std::printf("  and %llu more\n",
                static_cast<unsigned long long>(notes.count - notes.first.size()));
  }
}

// --- check -----------------------------------------------------------------------------------

int check(const CheckFlags& flags, Process& process) {
  const fs::path live = live_directory(flags.directory);
  const Result<Proof> proof = prove(flags.engine, process, live);
  Result<ProvenSet> proven = proof ? Result<ProvenSet>(proof->proven) : proof.error();
  const Engine::Notes notes = proof ? proof->notes : Engine::Notes();
  // Beside what agents of this machine would take as their signatures, if there is anything.
  if (proven) {
    const Result<fs::path> root = signatures_dir(flags.engine);
    const Result<SetManifest> present =
        root ? manifest_in(live_directory(*root)) : Result<SetManifest>(root.error());
    if (present) {
      const Result<void> may =
          check_replacement({present->version, present->signatures}, proven->set);
      if (!may) proven = may.error();
    }
  }
  if (process.options.json) {
    const json::object line{
        {"schema", "cordon.signature-check/1"},
        {"directory", flags.directory},
        {"taken", proven.ok()},
        {"version", proven ? or_null(proven->set.version) : json::value(nullptr)},
        {"signatures", proven ? json::value(proven->set.signatures) : json::value(nullptr)},
        {"engine", proven ? or_null(proven->engine) : json::value(nullptr)},
        {"testOnly", proven ? json::value(is_test_set(proven->set)) : json::value(nullptr)},
        {"notInForce", texts_of(notes.first)},
        {"notInForceCount", notes.count},
        {"problem", proven ? json::value(nullptr) : or_null(proven.error().what)}};
    print_json_line(line);
  } else if (proven) {
    std::printf("%s would be taken: version %s, %llu signatures\n", shown(flags.directory).c_str(),
                shown(proven->set.version, 512).c_str(),
                static_cast<unsigned long long>(proven->set.signatures));
    print_notes(notes);
  }
  return proven ? kExitDone : report_failure(proven.error());
}

// --- update ----------------------------------------------------------------------------------

fs::path root_of(const EngineFlags& flags) {
  return flags.signatures.empty() ? fs::path(kUsualSignatures) : fs::path(flags.signatures);
}

void print_outcome(const Process& process, const fs::path& root, const SetManifest& manifest,
                   const char* what, bool changed) {
  if (process.options.json) {
    const json::object line{{"schema", "cordon.signature-update/1"},
                            {"directory", root.string()},
                            {"changed", changed},
                            {"version", manifest.version},
                            {"signatures", manifest.signatures},
                            {"source", manifest.source}};
    print_json_line(line);
  } else {
    std::printf("%s: %s %s, %llu signatures, from %s\n", shown(root.string()).c_str(), what,
                shown(manifest.version, 512).c_str(),
                static_cast<unsigned long long>(manifest.signatures),
                shown(manifest.source, 512).c_str());
  }
}

/// A source and what it stands on.
struct OpenSource {
  std::unique_ptr<HttpClient> http;
  std::shared_ptr<DeploymentAccess> cloud;
  std::unique_ptr<SignatureSource> source;
};

Result<OpenSource> open_source(const UpdateFlags& flags, Process& process) {
  OpenSource open;
  const std::string& text = flags.source;
  if (text == "freshclam" || text.starts_with("freshclam:")) {
    const std::string mirror = text.size() > 10 ? text.substr(10) : "";
    open.source =
        std::make_unique<Freshclam>(FreshclamOptions{.program = flags.freshclam, .mirror = mirror},
                                    process.environment, process.clock);
    return open;
  }
  if (text.starts_with("https://") || text.starts_with("http://")) {
    std::string url = text;
    while (url.ends_with('/')) url.pop_back();
    open.http = make_curl_client(http_client_options(process.environment), process.clock);
    open.source = std::make_unique<RemoteSource>(std::make_unique<HttpFiles>(*open.http, url));
    return open;
  }
  constexpr std::string_view kS3 = "s3://";
  if (text.starts_with(kS3) && text.size() > kS3.size()) {
    const std::string place = text.substr(kS3.size());
    const std::size_t slash = std::min(place.find('/'), place.size());
    std::string prefix = slash < place.size() ? place.substr(slash + 1) : "";
    if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
    CORDON_TRY(open.cloud, connect_account(process));
    open.source = std::make_unique<RemoteSource>(std::make_unique<BucketFiles>(
        open.cloud->store_of_anybody(), open.cloud->catalogue_of_anybody(),
        BucketName(place.substr(0, slash)), std::move(prefix)));
    return open;
  }
  return Error{Errc::invalid,
               "--source is freshclam, freshclam:https://MIRROR, https://MIRROR/DIRECTORY or "
               "s3://BUCKET/PREFIX"};
}

int update(const UpdateFlags& flags, Process& process) {
  const fs::path root = root_of(flags.engine);
  Result<SetDirectory> sets = SetDirectory::open(root);
  if (!sets) return report_failure(sets.error());
  if (flags.roll_back) {
    const Result<SetManifest> back = sets->roll_back();
    if (!back) return report_failure(back.error());
    print_outcome(process, root, *back, "back to", true);
    return kExitDone;
  }
  if (flags.source.empty()) {
    report_failure({Errc::invalid, "name a source with --source, or go back with --rollback"});
    return kExitUsage;
  }
  const Result<OpenSource> open = open_source(flags, process);
  if (!open) {
    report_failure(open.error());
    return open.error().code == Errc::invalid ? kExitUsage : kExitFailed;
  }
  const ProveSet prover = [&](const fs::path& directory, std::stop_token) -> Result<ProvenSet> {
    CORDON_TRY(Proof proof, prove(flags.engine, process, directory));
    return std::move(proof).proven;
  };
  const Result<UpdateOutcome> outcome =
      update_signatures(*sets, *open->source, prover, {.force = flags.force}, process.random,
                        process.clock, Deadline::after(process.clock, kUpdateLimit), process.stop);
  if (!outcome) {
    report_failure(outcome.error());
    return kExitFailed;
  }
  print_outcome(process, root, outcome->manifest,
                outcome->changed ? "in force is now" : "still the newest:", outcome->changed);
  return kExitDone;
}

}  // namespace

void add_signatures_command(CLI::App& app, Selection& selection) {
  CLI::App* signatures =
      app.add_subcommand("signatures", "The signatures: how old, whether good, new ones");
  signatures->require_subcommand(1);

  add_brake_commands(*signatures, selection);

  auto engine = std::make_shared<EngineFlags>();  // Shared by the parser and the chosen command.
  CLI::App* status_command = signatures->add_subcommand(
      "status", "Version, age and source of the signatures (exit 5: there are none)");
  status_command
      ->add_option("--signatures", engine->signatures,
                   "Directory of signatures (ClamAV formats, YARA)")
      ->envname("CORDON_SIGNATURES");
  status_command->callback([&selection, engine] {
    selection.run = [engine](Process& process) { return status(*engine, process); };
  });

  CLI::App* check_command = signatures->add_subcommand(
      "check", "Load a set in an engine of its own and say whether it would be taken (exit 4: no)");
  auto check_flags = std::make_shared<CheckFlags>();  // Shared likewise.
  add_engine_flags(*check_command, check_flags->engine);
  check_command->add_option("DIR", check_flags->directory, "Directory of signatures")->required();
  check_command->callback([&selection, check_flags] {
    selection.run = [check_flags](Process& process) { return check(*check_flags, process); };
  });

  CLI::App* update_command = signatures->add_subcommand(
      "update", "Fetch signatures, prove them, and put them in force in one step");
  auto flags = std::make_shared<UpdateFlags>();  // Shared likewise.
  add_engine_flags(*update_command, flags->engine);
  update_command
      ->add_option("--source", flags->source,
                   "freshclam, freshclam:https://MIRROR, https://MIRROR/DIRECTORY or "
                   "s3://BUCKET/PREFIX")
      ->envname("CORDON_SIGNATURES_SOURCE");
  update_command->add_option("--freshclam", flags->freshclam, "The freshclam program");
  update_command->add_flag("--rollback", flags->roll_back,
                           "Go back to the set before; the one that is left is not taken again");
  update_command->add_flag(
      "--force", flags->force,
      "Take a set that is older or much smaller, or that was rolled back from");
  update_command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return update(*flags, process); };
  });
}

}  // namespace cordon
