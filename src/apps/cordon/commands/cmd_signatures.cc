// cordon signatures status | update | check (brake, confirm and reject are in cmd_brake.cc)

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
#include "command_line/command_line.h"
#include "net/http_client.h"
#include "operations/signature_brake.h"
#include "operations/signature_sets.h"
#include "updates/freshclam.h"
#include "updates/remote_files.h"

namespace cordon {
namespace {

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

Result<SetProof> prove(EngineFlags flags, Process& process, const fs::path& directory) {
  flags.signatures = directory.string();
  CORDON_TRY(const std::unique_ptr<Engine> engine, start_engine(flags, process));
  CORDON_TRY(check_known_clean(flags, engine->scanner(), process.clock, process.stop));
  Engine::Notes notes = engine->notes();
  return SetProof{.proven = {.set = {.version = engine->version().signatures,
                                     .signatures = engine->signature_count()},
                             .engine = engine->version().engine},
                  .notes = {.first = std::move(notes.first), .count = notes.count}};
}

// --- status ----------------------------------------------------------------------------------

void print_status(const SignatureStatus& status, const Clock& clock) {
  const auto age = std::chrono::duration_cast<std::chrono::hours>(clock.system_now() - status.made);
  std::printf("directory  %s\nversion    %s\nmade       %s (%lld h ago)\n",
              shown(status.directory.string()).c_str(), shown(status.set.version, 512).c_str(),
              rfc3339_s(status.made).c_str(), static_cast<long long>(age.count()));
  if (status.manifest) {
    std::printf("count      %llu\nsource     %s\ntaken      %s\n",
                static_cast<unsigned long long>(status.manifest->signatures),
                shown(status.manifest->source, 512).c_str(),
                rfc3339_s(status.manifest->taken_at).c_str());
  } else {
    std::printf(
        "source     not kept by cordon signatures update; cordon signatures check counts\n");
  }
  if (status.previous) {
    std::printf("previous   %s\n", shown(status.previous->version, 512).c_str());
  }
  if (status.brake && !status.brake->ignored.empty()) {
    std::printf("ignored    %zu rejected names count for nothing (cordon signatures brake)\n",
                status.brake->ignored.size());
  }
  if (status.is_rejected()) {
    std::printf("REJECTED: agents go back to the set before (cordon signatures brake)\n");
  }
  if (status.set.test_only) {
    std::printf("TEST SIGNATURES ONLY: EICAR and the test corpus are found\n");
  }
}

// What is decided about signatures is told where there is an account that may be asked.
Result<BrakeState> brake_state_by_flags(Process& process) {
  CORDON_TRY(const std::shared_ptr<DeploymentAccess> access, connect_account(process));
  return brake_state(*access, process);
}

int status(const EngineFlags& flags, Process& process) {
  const Result<fs::path> root = signatures_dir(flags);
  if (!root) return report_failure(root.error());
  Result<SignatureStatus> found = signature_status(*root);
  if (!found) return report_failure(found.error());
  if (Result<BrakeState> brake = brake_state_by_flags(process)) found->brake = *std::move(brake);
  if (process.options.json) {
    print_json_line(document_of(*found));
  } else {
    print_status(*found, process.clock);
  }
  return kExitDone;
}

// --- check -----------------------------------------------------------------------------------

void print_notes(const SetNotes& notes) {
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

int check(const CheckFlags& flags, Process& process) {
  const Result<fs::path> root = signatures_dir(flags.engine);
  const SignatureCheck outcome = check_signatures(
      flags.directory, root ? std::optional(*root) : std::nullopt,
      [&](const fs::path& directory) { return prove(flags.engine, process, directory); });
  const Result<ProvenSet>& proven = outcome.proven;
  if (process.options.json) {
    print_json_line(document_of(outcome));
  } else if (proven) {
    std::printf("%s would be taken: version %s, %llu signatures\n", shown(flags.directory).c_str(),
                shown(proven->set.version, 512).c_str(),
                static_cast<unsigned long long>(proven->set.signatures));
    print_notes(outcome.notes);
  }
  return proven ? kExitDone : report_failure(proven.error());
}

// --- update ----------------------------------------------------------------------------------

fs::path root_of(const EngineFlags& flags) {
  return flags.signatures.empty() ? fs::path(kUsualSignatures) : fs::path(flags.signatures);
}

void print_update(const Process& process, const SignatureUpdate& update, const char* what) {
  if (process.options.json) {
    print_json_line(document_of(update));
    return;
  }
  const SetManifest& manifest = update.outcome.manifest;
  std::printf("%s: %s %s, %llu signatures, from %s\n", shown(update.directory.string()).c_str(),
              what, shown(manifest.version, 512).c_str(),
              static_cast<unsigned long long>(manifest.signatures),
              shown(manifest.source, 512).c_str());
}

/// A source and what it stands on.
struct OpenSource {
  std::unique_ptr<HttpClient> http;
  std::shared_ptr<DeploymentAccess> access;
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
    CORDON_TRY(HttpClientOptions options, http_client_options(process.environment));
    open.http = make_curl_client(std::move(options), process.clock);
    open.source = std::make_unique<RemoteSource>(std::make_unique<HttpFiles>(*open.http, url));
    return open;
  }
  if (is_bucket_source(text)) {
    CORDON_TRY(open.access, connect_account(process));
    open.source = bucket_source(*open.access, text);
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
    print_update(process, {root, {.changed = true, .manifest = *back}}, "back to");
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
    CORDON_TRY(SetProof proof, prove(flags.engine, process, directory));
    return std::move(proof).proven;
  };
  const Result<UpdateOutcome> outcome =
      update_signatures(*sets, *open->source, prover, {.force = flags.force}, process.random,
                        process.clock, Deadline::after(process.clock, kUpdateLimit), process.stop);
  if (!outcome) {
    report_failure(outcome.error());
    return kExitFailed;
  }
  print_update(process, {root, *outcome},
               outcome->changed ? "in force is now" : "still the newest:");
  return kExitDone;
}

}  // namespace

void add_signatures_command(Command& app, Selection& selection) {
  Command* signatures =
      app.add_subcommand("signatures", "The signatures: how old, whether good, new ones");
  signatures->require_subcommand();

  add_brake_commands(*signatures, selection);

  auto engine = std::make_shared<EngineFlags>();  // Shared by the parser and the chosen command.
  Command* status_command = signatures->add_subcommand(
      "status", "Version, age and source of the signatures (exit 5: there are none)");
  status_command
      ->add_option("--signatures", engine->signatures,
                   "Directory of signatures (ClamAV formats, YARA)")
      ->environment("CORDON_SIGNATURES");
  status_command->on_chosen([&selection, engine] {
    selection.run = [engine](Process& process) { return status(*engine, process); };
  });

  Command* check_command = signatures->add_subcommand(
      "check", "Load a set in an engine of its own and say whether it would be taken (exit 4: no)");
  auto check_flags = std::make_shared<CheckFlags>();  // Shared likewise.
  add_engine_flags(*check_command, check_flags->engine);
  check_command->add_option("DIR", check_flags->directory, "Directory of signatures")->required();
  check_command->on_chosen([&selection, check_flags] {
    selection.run = [check_flags](Process& process) { return check(*check_flags, process); };
  });

  Command* update_command = signatures->add_subcommand(
      "update", "Fetch signatures, prove them, and put them in force in one step");
  auto flags = std::make_shared<UpdateFlags>();  // Shared likewise.
  add_engine_flags(*update_command, flags->engine);
  update_command
      ->add_option("--source", flags->source,
                   "freshclam, freshclam:https://MIRROR, https://MIRROR/DIRECTORY or "
                   "s3://BUCKET/PREFIX")
      ->environment("CORDON_SIGNATURES_SOURCE");
  update_command->add_option("--freshclam", flags->freshclam, "The freshclam program");
  update_command->add_flag("--rollback", flags->roll_back,
                           "Go back to the set before; the one that is left is not taken again");
  update_command->add_flag(
      "--force", flags->force,
      "Take a set that is older or much smaller, or that was rolled back from");
  update_command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return update(*flags, process); };
  });
}

}  // namespace cordon
