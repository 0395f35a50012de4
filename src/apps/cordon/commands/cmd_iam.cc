// cordon iam agent | console | operator | member

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/account/named_deployment.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/json_line.h"
#include "base/files.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/access_policies.h"
#include "settings/settings_document.h"

namespace cordon {
namespace {

constexpr std::size_t kSettingsFileBytesMax = 1U << 20U;

struct IamFlags {
  std::vector<std::string> buckets;
  std::vector<std::string> kms_keys;
  std::string account;
  std::string settings_file;
  bool table = false;
  std::set<OperatorFeature> features;
  std::set<MemberFeature> member_features;
};

Result<Settings> settings_in(const std::string& file) {
  CORDON_TRY(const std::string text, read_small_file(file, kSettingsFileBytesMax));
  const SettingsReading reading = read_settings(text, format_of(file, text));
  if (reading.settings) return *reading.settings;
  return Error{Errc::invalid, to_string(reading.problems.front(), file)};
}

// With everything named nobody is asked, so that a policy can be written before there is an
// account to ask.
Result<AccountIdentity> identity_in(const IamFlags& flags, Process& process) {
  CORDON_TRY(Deployment deployment, named_deployment(process.options));
  const auto region =
      process.options.region ? process.options.region : process.environment.get("AWS_REGION");
  if (flags.account.size() != 12 || !parse_u64(flags.account)) {
    return Error{Errc::invalid, "--account: an account number has 12 digits"};
  }
  if (!region || flags.buckets.empty()) {
    return Error{Errc::invalid,
                 "with --account the region (--region, AWS_REGION) and the buckets "
                 "(--bucket) must be named, since nobody is asked"};
  }
  return AccountIdentity{.deployment = std::move(deployment),
                         .account = AccountId(flags.account),
                         .region = Region(*region)};
}

Result<AccessPolicyRequest> request_in(const IamFlags& flags, AccessRole role) {
  AccessPolicyRequest request{.role = role,
                              .buckets = {flags.buckets.begin(), flags.buckets.end()},
                              .kms_keys = flags.kms_keys,
                              .features = flags.features,
                              .member_features = flags.member_features};
  if (!flags.settings_file.empty()) {
    CORDON_TRY(request.settings, settings_in(flags.settings_file));
  }
  return request;
}

Result<AccessPolicyReport> report_of(const IamFlags& flags, AccessRole role, Process& process) {
  if (!flags.account.empty()) {
    CORDON_TRY(const AccountIdentity identity, identity_in(flags, process));
    CORDON_TRY(check_name_lengths(identity.deployment, identity.account, identity.region));
    CORDON_TRY(AccessPolicyRequest request, request_in(flags, role));
    return access_policy_for(identity, std::move(request));
  }
  CORDON_TRY(const auto access, connect_account(process));
  CORDON_TRY(check_name_lengths(access->deployment(), access->account(), access->region()));
  CORDON_TRY(AccessPolicyRequest request, request_in(flags, role));
  return access_policy_for(*access, process, std::move(request));
}

void print_policies(const Process& process, const std::vector<std::string>& policies) {
  for (std::size_t i = 0; i < policies.size(); ++i) {
    if (!process.options.json) {
      std::fputs(policies[i].c_str(), stdout);
      continue;
    }
    print_json_line(boost::json::object{{"schema", "cordon.iam-policy/1"},
                                        {"number", i + 1},
                                        {"of", policies.size()},
                                        {"policy", boost::json::parse(policies[i])}});
  }
}

int run_iam(const IamFlags& flags, AccessRole role, Process& process) {
  const Result<AccessPolicyReport> report = report_of(flags, role, process);
  if (!report) return report_failure(report.error());
  if (!report->fits_a_role()) {
    return report_failure(
        {Errc::invalid,
         "the rights would take " + std::to_string(report->policies.size()) +
             " managed policies, and a role takes " +
             std::to_string(AccessPolicyReport::kPoliciesMax) +
             ": name several buckets by a pattern (--bucket 'PREFIX-*') where agents may read "
             "every "
             "bucket that will ever match it, or run agents for fewer buckets each"});
  }
  if (flags.table) {
    std::fputs(report->table.c_str(), stdout);
  } else {
    print_policies(process, report->policies);
  }
  std::fflush(stdout);
  if (report->policies.size() > 1) {
    std::fprintf(stderr,
                 "cordon: the rights take %zu managed policies of at most %zu characters each: "
                 "attach all of them to the role (--json prints one per line)\n",
                 report->policies.size(), AccessPolicyReport::kManagedMax);
  }
  return kExitDone;
}

// Shared by the parser and the chosen command.
std::shared_ptr<IamFlags> add_role(Command& iam, Selection& selection, const char* name,
                                   const char* help, AccessRole role) {
  Command* command = iam.add_subcommand(name, help);
  auto flags = std::make_shared<IamFlags>();
  command
      ->add_option("--bucket", flags->buckets,
                   "A bucket that is or will be protected, or a pattern of names (*); again for "
                   "each (default: those that are protected in the region)")
      ->repeatable();
  command
      ->add_option("--kms-key", flags->kms_keys,
                   "ARN of a KMS key that objects or the quarantine are encrypted with; again for "
                   "each")
      ->repeatable();
  command->add_option("--settings", flags->settings_file,
                      "Take the settings from this file (default: those in force)");
  command->add_option("--account", flags->account,
                      "Ask nobody: for this account, with --region and --bucket");
  command->add_flag("--table", flags->table, "Print a table that says what each right is for");
  command->on_chosen([&selection, flags, role] {
    selection.run = [flags, role](Process& process) { return run_iam(*flags, role, process); };
  });
  return flags;
}

}  // namespace

void add_iam_command(Command& app, Selection& selection) {
  Command* iam =
      app.add_subcommand("iam", "Least-privilege policies as JSON, for exactly what is configured");
  iam->require_subcommand();
  const std::shared_ptr<IamFlags> agent =
      add_role(*iam, selection, "agent", "For the agents of the region", AccessRole::agent);
  iam->subcommand("agent")->add_flag(
      "--gateway", [agent] { agent->features.insert(OperatorFeature::gateway); },
      "Also for uploads through linked file shares of Storage Gateways");
  const std::shared_ptr<IamFlags> console = add_role(
      *iam, selection, "console",
      "For the console, and its jobs: settings, quarantine and verdict, seeing what is protected",
      AccessRole::console);
  const std::tuple<const char*, OperatorFeature, const char*> kConsoleFeatures[] = {
      {"--protect", OperatorFeature::protect, "protecting, unprotecting and gating buckets"},
      {"--sweep", OperatorFeature::sweep, "sweeps: how far they are, beginning one"},
      {"--dead", OperatorFeature::dead, "dead letters"},
      {"--brake", OperatorFeature::brake, "the brake on new signatures"},
      {"--gateway", OperatorFeature::gateway, "file shares of Storage Gateways"},
      {"--regions", OperatorFeature::regions, "regions, and removing what they no longer need"},
      {"--doctor", OperatorFeature::doctor, "the health report"}};
  for (const auto& [name, feature, what] : kConsoleFeatures) {
    iam->subcommand("console")->add_flag(
        name, [console, feature = feature] { console->features.insert(feature); },
        std::string("Also what this takes at the console: ") + what);
  }
  const std::shared_ptr<IamFlags> flags =
      add_role(*iam, selection, "operator",
               "For protecting, unprotecting and gating buckets of the deployment's account",
               AccessRole::operations);
  Command* operator_command = iam->subcommand("operator");
  const std::pair<const char*, OperatorFeature> kFeatures[] = {
      {"watch", OperatorFeature::watch},   {"regions", OperatorFeature::regions},
      {"dead", OperatorFeature::dead},     {"gateway", OperatorFeature::gateway},
      {"doctor", OperatorFeature::doctor}, {"brake", OperatorFeature::brake}};
  for (const auto& [name, feature] : kFeatures) {
    operator_command->add_flag(
        std::string("--") + name, [flags, feature = feature] { flags->features.insert(feature); },
        std::string("Also what this takes: cordon ") +
            (feature == OperatorFeature::watch     ? "bucket watch"
             : feature == OperatorFeature::regions ? "bucket regions, remove-region"
             : feature == OperatorFeature::brake   ? "signatures brake, confirm, reject"
                                                   : name));
  }
  const std::shared_ptr<IamFlags> member =
      add_role(*iam, selection, "member",
               "For the role in another account that agents and operators take on; --bucket names "
               "its buckets",
               AccessRole::member);
  const std::tuple<const char*, MemberFeature, const char*> kMemberFeatures[] = {
      {"--gate", MemberFeature::gate, "Also what this takes: cordon bucket gate"},
      {"--restore", MemberFeature::restore, "Also what this takes: cordon quarantine restore"},
      {"--sweep", MemberFeature::sweep,
       "Also what this takes: cordon sweep, cordon scan bucket (with [sweep] on, it is there)"}};
  for (const auto& [name, feature, help] : kMemberFeatures) {
    iam->subcommand("member")->add_flag(
        name, [member, feature = feature] { member->member_features.insert(feature); }, help);
  }
}

}  // namespace cordon
