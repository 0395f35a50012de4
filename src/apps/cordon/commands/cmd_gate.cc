// cordon bucket gate BUCKET.. --allow-role ARN.. | --remove

#include "apps/cordon/commands/cmd_gate.h"
#include "apps/cordon/account/connect_account.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "core/own_buckets.h"
#include "operations/member_buckets.h"
#include "provision/read_gate.h"
#include "settings/settings.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kTimeLimit{1};

struct GateFlags {
  std::vector<std::string> buckets;
  std::vector<std::string> roles;
  bool guard_tags = false;
  bool open_tags = false;  ///< Neither: the guard is left as it is.
  bool remove = false;
  bool dry_run = false;
};

ReadGate::Guard guard_in(const GateFlags& flags) {
  if (flags.guard_tags) return ReadGate::Guard::on;
  return flags.open_tags ? ReadGate::Guard::off : ReadGate::Guard::as_it_is;
}

ReadGate gate_of(const DeploymentAccess& cloud, BucketPolicyAccess& access) {
  return ReadGate(cloud.deployment(), std::string(partition_of(access.region)), access.policies);
}

// What the tag of the verdict is called. Without tags a gate would shut everything for ever.
Result<std::string> tag_in_force(const Settings& settings) {
  if (settings.tags.enabled) return keys_in_force(settings.tags).result;
  return Error{Errc::invalid,
               "the settings switch tags off (tags.enabled = false), so no object would ever be "
               "readable behind a gate"};
}

// Ours whatever stands in them; `message` and `uploaded-by` are words of owners, too.
std::vector<std::string> guarded_keys(const Settings& settings) {
  const TagKeys keys = keys_in_force(settings.tags);
  std::vector<std::string> ours;
  for (const std::string& key : {keys.result, keys.date, keys.seal, keys.virus}) {
    if (!key.empty()) ours.push_back(key);
  }
  return ours;
}

void print(const Process& process, const std::string& bucket, const Region& region,
           const GateChange& change, bool dry_run) {
  const std::string state(name_of(change.step.state));
  if (process.options.json) {
    json::object document{{"bucket", bucket},
                          {"region", region.str()},
                          {"state", state},
                          {"note", change.step.note},
                          {"dryRun", dry_run}};
    if (dry_run) {
      document["policy"] = nullptr;
      if (change.policy) document["policy"] = json::string(*change.policy);
    }
    print_json_line(document);
  } else {
    std::printf("%s (%s): read gate %s%s - %s\n", shown(bucket).c_str(),
                shown(region.str()).c_str(), dry_run ? "would be " : "", shown(state).c_str(),
                shown(change.step.note).c_str());
    if (dry_run) std::printf("%s\n", change.policy ? shown(*change.policy).c_str() : "(no policy)");
  }
  std::fflush(stdout);
}

Result<void> change_one(const GateFlags& flags, const std::string& name, Process& process,
                        DeploymentAccess& cloud, const Settings& settings) {
  const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
  const BucketName bucket(name);
  if (is_own_bucket(bucket, settings.policies)) {
    return Error{Errc::invalid, "bucket " + name + " belongs to Cordon and is private already"};
  }
  MemberBuckets buckets(cloud, settings);
  CORDON_TRY(BucketPolicyAccess access, buckets.policies(bucket, deadline, process.stop));
  ReadGate gate = gate_of(cloud, access);
  if (flags.remove) {
    CORDON_TRY(const GateChange change, gate.remove(bucket, flags.dry_run, deadline, process.stop));
    print(process, name, access.region, change, flags.dry_run);
    return {};
  }
  const std::optional<MemberAccount> owner = buckets.owner(bucket);
  if (owner && !flags.roles.empty() &&
      std::find(flags.roles.begin(), flags.roles.end(), owner->role_arn) == flags.roles.end()) {
    return Error{Errc::invalid, "agents read bucket " + name + " as " + owner->role_arn +
                                    ", which the gate would shut out: add --allow-role " +
                                    owner->role_arn};
  }
  CORDON_TRY(std::string tag, tag_in_force(settings));
  CORDON_TRY(const GateChange change, gate.put(bucket,
                                               {.tag_key = std::move(tag),
                                                .our_keys = guarded_keys(settings),
                                                .roles = flags.roles,
                                                .guard = guard_in(flags),
                                                .dry_run = flags.dry_run},
                                               deadline, process.stop));
  print(process, name, access.region, change, flags.dry_run);
  return {};
}

// To take a gate away nothing in the settings needs to be known but whose bucket it is.
Result<Settings> settings_for(const GateFlags& flags, DeploymentAccess& cloud, Process& process) {
  if (flags.remove) return known_settings(cloud, process);
  return cloud.settings_desk().current(Deadline::after(process.clock, kTimeLimit), process.stop);
}

int run_gate(const GateFlags& flags, Process& process) {
  for (const std::string& role : flags.roles) {
    if (const Result<void> fine = check_gate_role(role); !fine) {
      report_failure(fine.error());
      return kExitUsage;
    }
  }
  const auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<Settings> settings = settings_for(flags, **cloud, process);
  if (!settings) return report_failure(settings.error());
  int exit_code = kExitDone;
  for (const std::string& bucket : flags.buckets) {
    const Result<void> done = change_one(flags, bucket, process, **cloud, *settings);
    if (done) continue;
    const Error error =
        MemberBuckets(**cloud, *settings).explained(done.error(), BucketName(bucket));
    exit_code = std::max(exit_code, report_failure(error));
  }
  return exit_code;
}

}  // namespace

void add_gate_subcommand(CLI::App& bucket, Selection& selection) {
  CLI::App* command = bucket.add_subcommand(
      "gate", "Let only named roles read what is not tagged Clean or InfectedAllowed");
  auto flags = std::make_shared<GateFlags>();  // Shared by the parser and the chosen command.
  command->add_option("BUCKET", flags->buckets, "Names of buckets")->required();
  CLI::Option* roles = command->add_option(
      "--allow-role", flags->roles,
      "ARN of a role that reads everything: the agent's, and those of functions that move objects; "
      "again for each. Default: those that the gate has");
  roles->allow_extra_args(false);
  CLI::Option* guard = command->add_flag(
      "--guard-tags", flags->guard_tags,
      "These roles alone write the tags of verdicts, change the tags of what has one, and copy "
      "objects or replicate tags into the bucket; own tags of others may come with an upload. "
      "Default: as it is");
  CLI::Option* open = command->add_flag("--no-guard-tags", flags->open_tags,
                                        "Take that guard away again, and leave the gate");
  open->excludes(guard);
  command
      ->add_flag("--remove", flags->remove,
                 "Take the gate away; the rest of the bucket's policy stays as it is")
      ->excludes(roles)
      ->excludes(guard)
      ->excludes(open);
  command->add_flag("--dry-run", flags->dry_run, "Print the policy that would be, and stop");
  command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return run_gate(*flags, process); };
  });
}

void add_gate_step(Process& process, DeploymentAccess& cloud, const Settings& settings,
                   ProvisionReport& report) {
  const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
  const auto add = [&](ProvisionStep::State state, std::string note) {
    report.steps.push_back({"read gate", report.bucket.str(), state, std::move(note)});
  };
  MemberBuckets buckets(cloud, settings);
  auto access = buckets.policies(report.bucket, deadline, process.stop);
  if (!access) return add(ProvisionStep::State::kept, "unknown: " + access.error().what);
  const auto terms = gate_of(cloud, *access).find(report.bucket, deadline, process.stop);
  // A member's role may look at policies only where gates are wanted.
  if (!terms && terms.error().code == Errc::denied && buckets.owner(report.bucket)) return;
  if (!terms) return add(ProvisionStep::State::kept, "unknown: " + terms.error().what);
  if (!*terms) return;
  std::string roles;
  for (const std::string& role : (*terms)->roles) roles += " " + role;
  const Result<std::string> tag = tag_in_force(settings);
  if (tag && *tag != (*terms)->tag_key) {
    return add(ProvisionStep::State::kept,
               "it asks for the tag " + (*terms)->tag_key + ", and agents write " + *tag +
                   ": nothing new becomes readable; run: cordon bucket gate " +
                   report.bucket.str());
  }
  add(ProvisionStep::State::present,
      "reading takes " + (*terms)->tag_key + " = Clean or InfectedAllowed, but for" + roles +
          ((*terms)->guarded.empty() ? "" : "; these alone write the tags of verdicts"));
}

}  // namespace cordon
