// cordon bucket watch --tag KEY=VALUE | --all: protects the buckets that appear.

#include "apps/cordon/commands/cmd_watch.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/member_flags.h"
#include "apps/cordon/json_line.h"
#include "base/duration.h"
#include "base/text.h"
#include "provision/bucket_watch.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kLookLimit{30};
constexpr std::chrono::seconds kIntervalMin{5};
constexpr std::chrono::seconds kIntervalMax{3600};

struct WatchFlags {
  std::string tag;
  bool all = false;
  std::vector<std::string> exclude;
  std::vector<std::string> only_in;
  bool unprotect = false;
  bool once = false;
  std::string interval = "30s";
  MemberFlags member;
  bool members = false;
};

Result<WatchOptions> options_of(const WatchFlags& flags) {
  WatchOptions options{.exclude = flags.exclude, .unprotect = flags.unprotect};
  if (flags.once) options.rounds_without_tag = 1;
  for (const std::string& name : flags.only_in) options.only_in.emplace_back(name);
  if (flags.all == !flags.tag.empty()) {
    return Error{Errc::invalid, "say which buckets: either --tag KEY=VALUE or --all"};
  }
  if (flags.all && flags.unprotect) {
    return Error{Errc::invalid, "--unprotect needs --tag: with --all every bucket is protected"};
  }
  if (flags.all) return options;
  const std::size_t equals = flags.tag.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return Error{Errc::invalid, "--tag: write KEY=VALUE, such as cordon=protect"};
  }
  options.tag = {flags.tag.substr(0, equals), flags.tag.substr(equals + 1)};
  return options;
}

Result<std::chrono::seconds> interval_of(const WatchFlags& flags) {
  CORDON_TRY(const std::chrono::milliseconds exact, parse_duration(flags.interval));
  const auto interval = std::chrono::duration_cast<std::chrono::seconds>(exact);
  if (interval < kIntervalMin || interval > kIntervalMax) {
    return Error{Errc::invalid, "--interval: between 5s and 1h"};
  }
  return interval;
}

void print_event(const Process& process, const WatchEvent& event) {
  const std::string time = rfc3339_ms(process.clock.system_now());
  const std::string region = event.region ? event.region->str() : "?";
  const std::string what(name_of(event.kind));
  if (process.options.json) {
    boost::json::object line{{"time", time},
                             {"bucket", event.bucket.str()},
                             {"region", event.region ? boost::json::value(region) : nullptr},
                             {"did", what},
                             {"note", event.note}};
    if (event.retry.count() > 0) line["retrySeconds"] = event.retry.count();
    print_json_line(line);
  } else {
    const std::string retry = event.retry.count() > 0
                                  ? "; tried again in " + std::to_string(event.retry.count()) + " s"
                                  : "";
    std::printf("%s %s (%s): %s - %s%s\n", time.c_str(), shown(event.bucket.str()).c_str(),
                shown(region).c_str(), what.c_str(), shown(event.note).c_str(), retry.c_str());
  }
  std::fflush(stdout);
}

// The watch of one account; none of its parts moves.
struct AccountWatch {
  AccountWatch(DeploymentAccess& cloud, Process& process, const WatchOptions& options,
               const std::optional<MemberAccount>& account, std::optional<MemberAccess> access)
      : protection(cloud.protection()),
        gateways(cloud.gateway_link(protection)),
        watch(options, account ? cloud.member_ports(*account).census : cloud.census(), protection,
              gateways, process.clock,
              [&process](const WatchEvent& event) { print_event(process, event); }) {
    if (access) protection.serve_member(*std::move(access));
  }

  Protection protection;
  GatewayLink gateways;
  BucketWatch watch;
};

/// The accounts that are watched: one, or ours and with `--members` those of the settings, which
/// are read again in every round. One in trouble holds up no other.
class Watches {
 public:
  Watches(DeploymentAccess& cloud, Process& process, WatchOptions options, const WatchFlags& flags)
      : cloud_(cloud), process_(process), options_(std::move(options)), flags_(flags) {}

  Result<WatchRound> round() {
    if (!flags_.members) return round_of(account_in(flags_.member));
    CORDON_TRY(const Settings settings, cloud_.settings_desk().current(limit(), process_.stop));
    std::vector<std::optional<MemberAccount>> accounts = {std::nullopt};
    accounts.insert(accounts.end(), settings.accounts.begin(), settings.accounts.end());
    WatchRound sum;
    for (const std::optional<MemberAccount>& account : accounts) {
      const Result<WatchRound> one = round_of(account);
      if (one) {
        sum.buckets += one->buckets;
        sum.chosen += one->chosen;
        sum.in_place += one->in_place;
        sum.failed += one->failed;
        continue;
      }
      if (one.error().code == Errc::cancelled) return one.error();
      const AccountId& id = account ? account->id : cloud_.account();
      report_failure(with_context(one.error(), "account " + id.str()));
      ++sum.failed;
    }
    return sum;
  }

 private:
  Deadline limit() const { return Deadline::after(process_.clock, kLookLimit); }

  Result<WatchRound> round_of(const std::optional<MemberAccount>& account) {
    const std::string name =
        account ? account->role_arn + " " + account->external_id.value_or("") : "";
    std::unique_ptr<AccountWatch>& known = watches_[name];
    if (known == nullptr) {
      std::optional<MemberAccess> access;
      if (account) {
        CORDON_TRY(access, cloud_.member(*account, limit(), process_.stop));
      }
      known =
          std::make_unique<AccountWatch>(cloud_, process_, options_, account, std::move(access));
    }
    return known->watch.round(process_.stop);
  }

  DeploymentAccess& cloud_;
  Process& process_;
  const WatchOptions options_;
  const WatchFlags& flags_;
  std::map<std::string, std::unique_ptr<AccountWatch>> watches_;
};

int one_round(Watches& watches, const Process& process) {
  const Result<WatchRound> round = watches.round();
  if (!round) return report_failure(round.error());
  if (!process.options.json) {
    std::printf("%zu buckets: %zu chosen, %zu protected, %zu failed\n", round->buckets,
                round->chosen, round->in_place, round->failed);
  }
  return round->failed == 0 ? kExitDone : kExitFailed;
}

int run_watch(const WatchFlags& flags, Process& process) {
  Result<WatchOptions> options = options_of(flags);
  const Result<std::chrono::seconds> interval = interval_of(flags);
  if (!options || !interval) {
    report_failure(options ? interval.error() : options.error());
    return kExitUsage;
  }
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  options->policies = (*cloud)->policies();
  // Said at once, not with the first round.
  const auto settings = options->policies(Deadline::after(process.clock, kLookLimit), process.stop);
  if (!settings) return report_failure(settings.error());
  if (const std::optional<MemberAccount> account = account_in(flags.member)) {
    // Said at once: no later round would find it otherwise.
    const Result<MemberAccess> member =
        (*cloud)->member(*account, Deadline::after(process.clock, kLookLimit), process.stop);
    if (!member) return report_failure(member.error());
  }
  Watches watches(**cloud, process, *std::move(options), flags);
  if (flags.once) return one_round(watches, process);
  SteadyTime next = process.clock.steady_now();
  while (process.clock.wait_until(next, process.stop)) {
    next = process.clock.steady_now() + *interval;
    const Result<WatchRound> done = watches.round();
    if (!done && done.error().code != Errc::cancelled) report_failure(done.error());
  }
  return kExitDone;
}

}  // namespace

void add_watch_subcommand(CLI::App& bucket, Selection& selection) {
  CLI::App* command = bucket.add_subcommand(
      "watch", "Protect the buckets that appear in any region, until it is stopped");
  auto flags = std::make_shared<WatchFlags>();  // Shared by the parser and the chosen command.
  command->add_option("--tag", flags->tag, "Buckets that carry this tag, KEY=VALUE");
  command->add_flag("--all", flags->all, "Every bucket of the account");
  command
      ->add_option("--exclude", flags->exclude,
                   "Never a bucket whose name matches this pattern (*, ?); again for each")
      ->allow_extra_args(false);
  command->add_option("--in", flags->only_in, "Only buckets in this region; again for each")
      ->allow_extra_args(false);
  command->add_flag("--unprotect", flags->unprotect,
                    "With --tag: take the protection from every bucket without the tag, also from "
                    "those that somebody protected by hand");
  command->add_flag("--once", flags->once,
                    "One look, and end (exit 4 when a bucket could not be protected)");
  command->add_option("--interval", flags->interval, "Time between two looks (default: 30s)");
  add_member_flags(*command, flags->member);
  command
      ->add_flag("--members", flags->members,
                 "Also the buckets of the accounts that the settings name")
      ->excludes("--role-arn");
  command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return run_watch(*flags, process); };
  });
}

}  // namespace cordon
