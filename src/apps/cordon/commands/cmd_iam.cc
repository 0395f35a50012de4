// cordon iam agent | console | operator | member

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "base/files.h"
#include "base/text.h"
#include "provision/access_rights.h"
#include "settings/settings_document.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};
constexpr std::size_t kSettingsFileBytesMax = 1U << 20U;
// A managed policy has at most so many characters, spaces not counted.
constexpr std::ptrdiff_t kManagedPolicyMax = 6144;

using Access = std::vector<AccessStatement> (*)(const AccessFacts&);

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

// Those of the region whose events come to us, and those only.
Result<std::vector<BucketName>> protected_buckets(DeploymentAccess& cloud, Deadline deadline,
                                                  std::stop_token stop) {
  CORDON_TRY(const std::vector<ProvisionReport> reports,
             cloud.protection().list(deadline, std::move(stop)));
  std::vector<BucketName> found;
  for (const ProvisionReport& report : reports) {
    if (report.is_protected && report.region == cloud.region()) found.push_back(report.bucket);
  }
  if (!found.empty()) return found;
  return Error{Errc::not_found, "no bucket is protected in " + cloud.region().str() +
                                    "; name those that will be: --bucket BUCKET"};
}

// With everything named nobody is asked, so that a policy can be written before there is an
// account to ask.
Result<AccessFacts> facts_without_asking(const IamFlags& flags, Process& process) {
  CORDON_TRY(Deployment deployment, Deployment::create(process.options.deployment));
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
  return AccessFacts{.deployment = std::move(deployment),
                     .account = AccountId(flags.account),
                     .region = Region(*region)};
}

Result<AccessFacts> facts_of(const IamFlags& flags, Process& process) {
  const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
  std::shared_ptr<DeploymentAccess> cloud;
  if (flags.account.empty()) {
    CORDON_TRY(cloud, connect_account(process));
  }
  Result<AccessFacts> known =
      cloud ? Result<AccessFacts>(AccessFacts{.deployment = cloud->deployment(),
                                              .account = cloud->account(),
                                              .region = cloud->region()})
            : facts_without_asking(flags, process);
  CORDON_TRY(AccessFacts facts, std::move(known));
  if (!flags.settings_file.empty()) {
    CORDON_TRY(facts.settings, settings_in(flags.settings_file));
  } else if (cloud) {
    CORDON_TRY(facts.settings, cloud->settings_desk().current(deadline, process.stop));
  }
  for (const std::string& bucket : flags.buckets) facts.buckets.emplace_back(bucket);
  if (facts.buckets.empty()) {
    CORDON_TRY(facts.buckets, protected_buckets(*cloud, deadline, process.stop));
  }
  facts.kms_keys = flags.kms_keys;
  facts.features = flags.features;
  facts.member_features = flags.member_features;
  return facts;
}

int run_iam(const IamFlags& flags, Access access, Process& process) {
  const Result<AccessFacts> facts = facts_of(flags, process);
  if (!facts) return report_failure(facts.error());
  const std::vector<AccessStatement> statements = access(*facts);
  const std::string policy = access_policy(statements);
  std::fputs(flags.table ? access_table(statements).c_str() : policy.c_str(), stdout);
  std::fflush(stdout);
  const auto size =
      std::count_if(policy.begin(), policy.end(), [](char c) { return c != ' ' && c != '\n'; });
  if (size > kManagedPolicyMax) {
    std::fprintf(stderr,
                 "cordon: the policy has %td characters, and a managed policy may have %td: put it "
                 "into the role itself (10,240), or run agents for fewer buckets each\n",
                 size, kManagedPolicyMax);
  }
  return kExitDone;
}

// Shared by the parser and the chosen command.
std::shared_ptr<IamFlags> add_role(CLI::App& iam, Selection& selection, const char* name,
                                   const char* help, Access access) {
  CLI::App* command = iam.add_subcommand(name, help);
  auto flags = std::make_shared<IamFlags>();
  command
      ->add_option("--bucket", flags->buckets,
                   "A bucket that is or will be protected; again for each (default: those that are "
                   "protected in the region)")
      ->allow_extra_args(false);
  command
      ->add_option("--kms-key", flags->kms_keys,
                   "ARN of a KMS key that objects or the quarantine are encrypted with; again for "
                   "each")
      ->allow_extra_args(false);
  command->add_option("--settings", flags->settings_file,
                      "Take the settings from this file (default: those in force)");
  command->add_option("--account", flags->account,
                      "Ask nobody: for this account, with --region and --bucket");
  command->add_flag("--table", flags->table, "Print a table that says what each right is for");
  command->callback([&selection, flags, access] {
    selection.run = [flags, access](Process& process) { return run_iam(*flags, access, process); };
  });
  return flags;
}

}  // namespace

void add_iam_command(CLI::App& app, Selection& selection) {
  CLI::App* iam =
      app.add_subcommand("iam", "Least-privilege policies as JSON, for exactly what is configured");
  iam->require_subcommand(1);
  const std::shared_ptr<IamFlags> agent =
      add_role(*iam, selection, "agent", "For the agents of the region", agent_access);
  iam->get_subcommand("agent")->add_flag_callback(
      "--gateway", [agent] { agent->features.insert(OperatorFeature::gateway); },
      "Also for uploads through linked file shares of Storage Gateways");
  add_role(*iam, selection, "console",
           "For the console's jobs: settings, quarantine and verdict, and seeing what is protected",
           console_access);
  const std::shared_ptr<IamFlags> flags =
      add_role(*iam, selection, "operator",
               "For protecting, unprotecting and gating buckets of the deployment's account",
               operator_access);
  CLI::App* operator_command = iam->get_subcommand("operator");
  const std::pair<const char*, OperatorFeature> kFeatures[] = {
      {"watch", OperatorFeature::watch},   {"regions", OperatorFeature::regions},
      {"dead", OperatorFeature::dead},     {"gateway", OperatorFeature::gateway},
      {"doctor", OperatorFeature::doctor}, {"brake", OperatorFeature::brake}};
  for (const auto& [name, feature] : kFeatures) {
    operator_command->add_flag_callback(
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
               member_access);
  const std::tuple<const char*, MemberFeature, const char*> kMemberFeatures[] = {
      {"--gate", MemberFeature::gate, "Also what this takes: cordon bucket gate"},
      {"--restore", MemberFeature::restore, "Also what this takes: cordon quarantine restore"},
      {"--sweep", MemberFeature::sweep,
       "Also what this takes: cordon sweep, cordon scan bucket (with [sweep] on, it is there)"}};
  for (const auto& [name, feature, help] : kMemberFeatures) {
    iam->get_subcommand("member")->add_flag_callback(
        name, [member, feature = feature] { member->member_features.insert(feature); }, help);
  }
}

}  // namespace cordon
