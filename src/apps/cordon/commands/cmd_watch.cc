// cordon bucket watch --tag KEY=VALUE | --all: protects the buckets that appear.

#include "apps/cordon/commands/cmd_watch.h"

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/member_flags.h"
#include "apps/cordon/json_line.h"
#include "base/duration.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/bucket_watching.h"

namespace cordon {
namespace {

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
  const SystemTime now = process.clock.system_now();
  if (process.options.json) {
    print_json_line(document_of(event, now));
  } else {
    const std::string retry = event.retry.count() > 0
                                  ? "; tried again in " + std::to_string(event.retry.count()) + " s"
                                  : "";
    std::printf("%s %s (%s): %s - %s%s\n", rfc3339_ms(now).c_str(),
                shown(event.bucket.str()).c_str(),
                event.region ? shown(event.region->str()).c_str() : "?",
                std::string(name_of(event.kind)).c_str(), shown(event.note).c_str(), retry.c_str());
  }
  std::fflush(stdout);
}

int print_round(const Process& process, const WatchRound& round) {
  if (!process.options.json) {
    std::printf("%zu buckets: %zu chosen, %zu protected, %zu failed\n", round.buckets, round.chosen,
                round.in_place, round.failed);
  }
  return round.failed == 0 ? kExitDone : kExitFailed;
}

int run_watch(const WatchFlags& flags, Process& process) {
  const Result<WatchOptions> options = options_of(flags);
  const Result<std::chrono::seconds> interval = interval_of(flags);
  if (!options || !interval) {
    report_failure(options ? interval.error() : options.error());
    return kExitUsage;
  }
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const WatchRequest request{
      .options = *options, .member = account_in(flags.member), .all_members = flags.members};
  const WatchListener listener{
      .event = [&process](const WatchEvent& event) { print_event(process, event); },
      .trouble = [](const Error& why) { report_failure(why); }};
  if (flags.once) {
    const Result<WatchRound> round = watch_once(**access, process, request, listener);
    return round ? print_round(process, *round) : report_failure(round.error());
  }
  (*access)->tell_progress(nullptr);  // It looks again and again; what it does, it tells.
  const Result<void> done = watch_buckets(**access, process, request, *interval, listener);
  if (!done) return report_failure(done.error());
  return kExitDone;
}

}  // namespace

void add_watch_subcommand(Command& bucket, Selection& selection) {
  Command* command = bucket.add_subcommand(
      "watch", "Protect the buckets that appear in any region, until it is stopped");
  auto flags = std::make_shared<WatchFlags>();  // Shared by the parser and the chosen command.
  command->add_option("--tag", flags->tag, "Buckets that carry this tag, KEY=VALUE");
  command->add_flag("--all", flags->all, "Every bucket of the account");
  command
      ->add_option("--exclude", flags->exclude,
                   "Never a bucket whose name matches this pattern (*, ?); again for each")
      ->repeatable();
  command->add_option("--in", flags->only_in, "Only buckets in this region; again for each")
      ->repeatable();
  command->add_flag("--unprotect", flags->unprotect,
                    "With --tag: take the protection from every bucket without the tag, also from "
                    "those that somebody protected by hand");
  command->add_flag("--once", flags->once,
                    "One look, and end (exit 4 when a bucket could not be protected)");
  command->add_option("--interval", flags->interval, "Time between two looks (default: 30s)");
  const Option* role = add_member_flags(*command, flags->member);
  command
      ->add_flag("--members", flags->members,
                 "Also the buckets of the accounts that the settings name")
      ->excludes(role);
  command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return run_watch(*flags, process); };
  });
}

}  // namespace cordon
