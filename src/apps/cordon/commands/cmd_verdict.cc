// cordon verdict s3://B/K: what is known about one object, and what that is worth.

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/commands/seal_keys.h"
#include "apps/cordon/exit_codes.h"
#include "apps/cordon/json_line.h"
#include "base/duration.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/verdict_lookup.h"

namespace cordon {
namespace {

constexpr std::chrono::hours kAgeMax{24 * 3650};

struct VerdictFlags {
  std::string object;
  std::string version;
  std::string wait = "0s";
  bool await_object = false;
  std::string age_max;    ///< Empty: any age.
  std::string sealed_by;  ///< Empty: by the deployment that the command belongs to.
  std::string seal_key_file;
};

void print_text(const VerdictAnswer& answer) {
  std::string line = to_string(answer.object) + ": ";
  line += answer.result ? std::string(name_of(*answer.result)) : std::string(name_of(answer.state));
  for (const std::string& detail : {answer.virus, answer.message}) {
    if (answer.result && !detail.empty()) line += " - " + detail;
  }
  if (answer.state == VerdictAnswer::State::unproven) line += " - NOT PROVEN";
  if (answer.state == VerdictAnswer::State::stale) line += " - TOO OLD";
  std::printf("%s (%s)\n", shown(line).c_str(), shown(answer.explanation).c_str());
}

int exit_code_of(const VerdictAnswer& answer) {
  switch (answer.state) {
    case VerdictAnswer::State::missing:
    case VerdictAnswer::State::pending:
      return kExitPending;
    case VerdictAnswer::State::unproven:
    case VerdictAnswer::State::stale:
      return kExitNoVerdict;
    case VerdictAnswer::State::verdict:
      return answer.result ? exit_code_of(*answer.result) : kExitNoVerdict;
  }
  return kExitNoVerdict;
}

int failed(const Error& error) {
  report_failure(error);
  return kExitFailed;  // Also for not_found, which here is never the object.
}

// All of it but the keys, which are in a file. Errors: invalid.
Result<VerdictRequest> request_of(const VerdictFlags& flags) {
  VerdictRequest request;
  CORDON_TRY(request.object, parse_object_uri(flags.object));
  CORDON_TRY(request.wait, parse_duration(flags.wait));
  if (!flags.age_max.empty()) {
    CORDON_TRY(request.age_max, parse_duration(flags.age_max, kAgeMax));
    if (request.age_max->count() == 0) {
      return Error{Errc::invalid, "--max-age takes more than no time"};
    }
  }
  if (!flags.version.empty()) request.object.version = VersionId(flags.version);
  if (!flags.sealed_by.empty()) request.sealed_by = flags.sealed_by;
  if (flags.await_object) request.awaited = AwaitedThing::object_and_verdict;
  return request;
}

int run(const VerdictFlags& flags, Process& process) {
  Result<VerdictRequest> request = request_of(flags);
  if (!request) {
    report_failure(request.error());
    return kExitUsage;
  }
  auto keys = load_seal_keys(flags.seal_key_file);
  if (!keys) return failed(keys.error());
  request->seal_keys = *std::move(keys);
  const auto access = connect_account(process);
  if (!access) return failed(access.error());
  const Result<Settings> settings = known_settings(**access, process);
  if (!settings) return failed(settings.error());
  const auto answer = look_up_verdict(**access, process, *settings, *request);
  if (!answer) return failed(answer.error());
  if (process.options.json) {
    print_json_line(document_of(*answer));
  } else {
    print_text(*answer);
  }
  return exit_code_of(*answer);
}

}  // namespace

void add_verdict_command(Command& app, Selection& selection) {
  Command* verdict = app.add_subcommand(
      "verdict",
      "What the tags of an object say, and whether its seal holds; or that it is in quarantine "
      "(exit 0 clean, 1 infected or suspicious, 3 no verdict, not proven or too old, 5 not there "
      "or pending)");
  auto flags = std::make_shared<VerdictFlags>();  // Shared by the parser and the chosen command.
  verdict->add_option("OBJECT", flags->object, "s3://BUCKET/KEY")->required();
  verdict->add_option("--version-id", flags->version, "Exactly this version");
  verdict->add_option("--wait", flags->wait, "Wait so long for a verdict: 500ms, 30s, 5m");
  verdict->add_flag("--await-object", flags->await_object,
                    "With --wait: also wait for an object that is not there yet");
  verdict->add_option("--max-age", flags->age_max,
                      "A Clean that is older is none (exit 3): 12h, 30d; with a key the seal says "
                      "how old it is");
  verdict->add_option("--sealed-by", flags->sealed_by,
                      "NAME@ACCOUNT of the deployment whose seals count, for readers in other "
                      "accounts (default: this one)");
  add_seal_key_flag(*verdict, flags->seal_key_file);
  verdict->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return run(*flags, process); };
  });
}

}  // namespace cordon
