// cordon verdict s3://B/K: what is known about one object, and what that is worth.

#include <CLI/CLI.hpp>
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
#include "operations/member_buckets.h"
#include "operations/quarantines.h"
#include "quarantine/search.h"
#include "sweep/verdict_inquiry.h"

namespace cordon {
namespace {

namespace json = boost::json;

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

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(utf8_clean(text, text.size() * 3));
}

json::value quarantine_or_null(const VerdictAnswer& answer) {
  if (!answer.quarantined) return nullptr;
  return json::object{{"id", quarantine_id(*answer.quarantined)},
                      {"bucket", answer.quarantined->bucket.str()}};
}

void print_json(const VerdictAnswer& answer) {
  const auto reason = parse_reason(answer.message.substr(0, answer.message.find(':')));
  const bool has_text = answer.seal_text.has_value();
  const json::object line{
      {"schema", "cordon.verdict/1"},
      {"bucket", answer.object.bucket.str()},
      {"key", answer.object.key.str()},
      {"versionId", answer.object.version ? json::value(answer.object.version->str()) : nullptr},
      {"eTag", answer.head ? text_or_null(answer.head->etag.str()) : nullptr},
      {"size", answer.head ? json::value(answer.head->bytes) : nullptr},
      {"state", name_of(answer.state)},
      {"result", answer.result ? json::value(name_of(*answer.result)) : nullptr},
      {"reason", reason ? json::value(name_of(*reason)) : nullptr},
      {"message", text_or_null(answer.message)},
      {"virusName", text_or_null(answer.virus)},
      {"dateScanned", text_or_null(answer.date)},
      {"seal", name_of(answer.seal)},
      {"keyId", has_text ? json::value(answer.seal_text->key_id) : nullptr},
      {"signatures", has_text ? json::value(answer.seal_text->signatures) : nullptr},
      {"deployment", has_text ? text_or_null(answer.seal_text->deployment) : nullptr},
      {"policy", has_text ? text_or_null(answer.seal_text->policy) : nullptr},
      {"sha256", answer.sha256 ? json::value(*answer.sha256) : nullptr},
      {"quarantine", quarantine_or_null(answer)},
      {"explanation", answer.explanation}};
  print_json_line(line);
}

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

// Whoever may not read of what was named once asks about what is named now.
std::vector<BucketName> earlier_or_none(DeploymentAccess& cloud, const Settings& settings,
                                        Deadline deadline, std::stop_token stop) {
  const auto earlier = earlier_quarantines(cloud, settings, deadline, std::move(stop));
  return earlier ? *earlier : std::vector<BucketName>();
}

// Quarantines that the settings named once are asked for once, and only when no other one has it.
QuarantineSearch search_in(DeploymentAccess& cloud, MemberBuckets& buckets,
                           const Settings& settings) {
  return [&, earlier = std::optional<std::vector<BucketName>>()](
             const ObjectRef& object, Deadline deadline,
             std::stop_token stop) mutable -> Result<std::optional<Quarantined>> {
    const auto look_in = [&](const std::vector<BucketName>& where) {
      return find_in_quarantine(buckets.store(), buckets.catalogue(), where, object, deadline,
                                stop);
    };
    CORDON_TRY(std::optional<QuarantineEntry> entry,
               look_in(quarantines_for(cloud, buckets, settings, object, deadline, stop)));
    if (!entry && !earlier) earlier = earlier_or_none(cloud, settings, deadline, stop);
    if (!entry) {
      auto found = look_in(*earlier);
      if (!found && found.error().code != Errc::denied) return found.error();
      if (found) entry = *std::move(found);
    }
    if (!entry) return std::optional<Quarantined>();
    return std::optional<Quarantined>(
        Quarantined{.record = entry->record, .bytes = entry->bytes, .moved_at = entry->moved_at});
  };
}

int run(const VerdictFlags& flags, Process& process) {
  auto object = parse_object_uri(flags.object);
  const auto wait = parse_duration(flags.wait);
  if (!object || !wait) {
    report_failure(object ? wait.error() : object.error());
    return kExitUsage;
  }
  std::optional<std::chrono::milliseconds> age_max;
  if (!flags.age_max.empty()) {
    const auto given = parse_duration(flags.age_max, kAgeMax);
    if (!given || given->count() == 0) {
      report_failure(given ? Error{Errc::invalid, "--max-age takes more than no time"}
                           : given.error());
      return kExitUsage;
    }
    age_max = *given;
  }
  if (!flags.version.empty()) object->version = VersionId(flags.version);
  auto keys = load_seal_keys(flags.seal_key_file);
  if (!keys) return failed(keys.error());
  const auto cloud = connect_account(process);
  if (!cloud) return failed(cloud.error());
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return failed(settings.error());
  MemberBuckets buckets(**cloud, *settings);
  VerdictInquiry inquiry(
      {.tag_keys = keys_in_force(settings->tags),
       .seal_keys = *std::move(keys),
       .deployment = flags.sealed_by.empty()
                         ? deployment_id((*cloud)->deployment().name(), (*cloud)->account())
                         : flags.sealed_by,
       .verdict_policy = verdict_policy(settings->engine),
       .age_max = age_max,
       .quarantine = search_in(**cloud, buckets, *settings)},
      buckets.store(), process.clock, process.random);
  const auto awaited =
      flags.await_object ? AwaitedThing::object_and_verdict : AwaitedThing::verdict;
  const auto answer = inquiry.await_verdict(*object, *wait, process.stop, awaited);
  if (!answer) return failed(buckets.explained(answer.error(), object->bucket));
  if (process.options.json) {
    print_json(*answer);
  } else {
    print_text(*answer);
  }
  return exit_code_of(*answer);
}

}  // namespace

void add_verdict_command(CLI::App& app, Selection& selection) {
  CLI::App* verdict = app.add_subcommand(
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
  verdict->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return run(*flags, process); };
  });
}

}  // namespace cordon
