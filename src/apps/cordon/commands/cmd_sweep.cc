// cordon sweep [BUCKET..] | sweep status | scan bucket s3://B[/prefix]: asks for the scan of what
// lies in buckets, behind everything that is new.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/commands/seal_keys.h"
#include "apps/cordon/json_line.h"
#include "base/duration.h"
#include "base/text.h"
#include "core/own_buckets.h"
#include "operations/sweeping.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kLimit{10};

struct SweepFlags {
  std::vector<std::string> buckets;
  std::string place;  ///< Of `scan bucket`.
  std::string since;
  std::string until;
  std::string older_signatures;
  std::string grace = "15m";
  std::string seal_key_file;
  bool errors = false;
  bool check_seals = false;
  bool restart = false;
  bool take_over = false;
  bool act = false;
};

json::object json_of(const BucketName& bucket, const SweepCheckpoint& now, SystemTime time) {
  const auto text = [](const std::optional<SystemTime>& t) {
    return t ? json::value(rfc3339_ms(*t)) : json::value(nullptr);
  };
  return json::object{
      {"schema", "cordon.sweep-report/1"},
      {"bucket", bucket.str()},
      {"purpose", now.purpose},
      {"started", rfc3339_ms(now.started)},
      {"finished", text(now.finished)},
      {"sweptBy",
       now.lease_until && *now.lease_until > time ? json::value(now.holder) : json::value(nullptr)},
      {"listed", now.listed},
      {"enqueued", now.enqueued},
      {"excluded", now.excluded},
      {"young", now.young},
      {"unreadable", now.unknown},
      {"refused", now.refused},
      {"archived", now.archived},
      {"unproven", now.unproven},
      {"oldestUnscannedSeconds", oldest_unscanned_age(now, time).count()}};
}

void print(const Process& process, const BucketName& bucket, const SweepCheckpoint& now) {
  const SystemTime time = process.clock.system_now();
  if (process.options.json) {
    print_json_line(json_of(bucket, now, time));
    return;
  }
  const char* state = now.finished ? "finished" : "unfinished";
  if (!now.finished && now.lease_until && *now.lease_until > time) state = "under way";
  std::string refused;
  if (now.refused > 0) {
    refused = std::to_string(now.refused) + " REFUSED by the queue (see the log), ";
  }
  std::printf(
      "%s: %s; %llu objects, %llu asked for, %s%llu too young, %llu excluded, %llu in archives, "
      "%llu taken on their tags' word; oldest without verdict: %lld s\n",
      shown(bucket.str()).c_str(), state, static_cast<unsigned long long>(now.listed),
      static_cast<unsigned long long>(now.enqueued), refused.c_str(),
      static_cast<unsigned long long>(now.young), static_cast<unsigned long long>(now.excluded),
      static_cast<unsigned long long>(now.archived), static_cast<unsigned long long>(now.unproven),
      static_cast<long long>(oldest_unscanned_age(now, time).count()));
  std::fflush(stdout);
}

// On a terminal one line that counts; else a line per page; with --json nothing.
SweepProgress progress_for(const Process& process, const BucketName& bucket) {
  const bool is_quiet = process.options.json;
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  return [=](const SweepCheckpoint& now) {
    if (is_quiet) return;
    std::fprintf(stderr, "%s%s: %llu objects, %llu asked for%s", is_terminal ? "\r" : "",
                 shown(bucket.str()).c_str(), static_cast<unsigned long long>(now.listed),
                 static_cast<unsigned long long>(now.enqueued), is_terminal ? "\033[K" : "\n");
    std::fflush(stderr);
  };
}

Result<std::optional<SystemTime>> time_of(const std::string& flag, const char* name) {
  if (flag.empty()) return std::optional<SystemTime>();
  const Result<SystemTime> time = parse_rfc3339(flag);
  if (!time) {
    return Error{Errc::invalid, std::string(name) + " takes a time such as 2027-01-31T12:00:00Z"};
  }
  return std::optional<SystemTime>(*time);
}

// "s3://BUCKET" or "s3://BUCKET/PREFIX".
Result<SweepRequest> place_of(const std::string& text) {
  constexpr std::string_view kScheme = "s3://";
  if (!text.starts_with(kScheme) || !is_utf8(text) || text.size() > 2048) {
    return Error{Errc::invalid, "a bucket or prefix is named s3://BUCKET or s3://BUCKET/PREFIX"};
  }
  const std::string rest = text.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  SweepRequest request{.bucket = BucketName(rest.substr(0, slash))};
  if (slash != std::string::npos) request.prefix = rest.substr(slash + 1);
  const Result<ObjectRef> probe = parse_object_uri("s3://" + request.bucket.str() + "/x");
  if (!probe) return probe.error();
  return request;
}

Result<void> sweep_all(Process& process, DeploymentAccess& cloud, const Settings& settings,
                       const SweepFlags& flags, const std::vector<SweepRequest>& requests) {
  CORDON_TRY(const auto grace, parse_duration(flags.grace));
  MemberBuckets buckets(cloud, settings);
  SweepWiring wiring{.access = cloud,
                     .buckets = buckets,
                     .runtime = process,
                     .policy =
                         [&](const BucketName& bucket, const ObjectKey& key) {
                           return resolve_policy(settings.policies, cloud.region(), bucket, key);
                         },
                     .tag_keys = [&] { return keys_in_force(settings.tags); },
                     .verdict_policy = verdict_policy(settings.engine),
                     .grace = std::chrono::duration_cast<std::chrono::seconds>(grace)};
  CORDON_TRY(wiring.seal_keys, load_seal_keys(flags.seal_key_file));
  if (flags.check_seals && !wiring.seal_keys) {
    return Error{Errc::invalid, "--check-seals needs the key: --seal-key-file"};
  }
  CORDON_TRY(cloud.ensure_system_bucket(Deadline::after(process.clock, kLimit), process.stop));
  for (const SweepRequest& request : requests) {
    if (is_own_bucket(request.bucket, settings.policies)) {
      return Error{Errc::invalid, "bucket " + request.bucket.str() + " belongs to Cordon"};
    }
    const auto done =
        sweep_bucket(wiring, request, progress_for(process, request.bucket), process.stop);
    if (!process.options.json && ::isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\n");
    if (!done) return done.error();
    print(process, request.bucket, *done);
  }
  return {};
}

Result<WatchedBuckets> buckets_of(Process& process, DeploymentAccess& cloud,
                                  const Settings& settings, const SweepFlags& flags) {
  WatchedBuckets named;
  for (const std::string& name : flags.buckets) named.buckets.emplace_back(name);
  if (!named.buckets.empty()) return named;
  return MemberBuckets(cloud, settings)
      .watched(Deadline::after(process.clock, kLimit), process.stop);
}

// Of buckets that may be protected, and could not be looked at.
int report_unknown(const WatchedBuckets& found) {
  int code = kExitDone;
  for (const auto& [bucket, error] : found.unknown) {
    report_failure(with_context(error, "bucket " + bucket.str()));
    code = kExitFailed;
  }
  return code;
}

int sweep(Process& process, const SweepFlags& flags) {
  const auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return report_failure(settings.error());
  const auto found = buckets_of(process, **cloud, *settings, flags);
  if (!found) return report_failure(found.error());
  std::vector<SweepRequest> requests;
  for (const BucketName& bucket : found->buckets) {
    SweepRequest request{.bucket = bucket};
    if (!flags.older_signatures.empty()) request.signatures = flags.older_signatures;
    request.errors = flags.errors;
    request.check_seals = flags.check_seals;
    request.take_over = flags.take_over;
    request.restart = flags.restart;
    request.acts_anywhere = flags.act;
    requests.push_back(std::move(request));
  }
  if (requests.empty()) std::fprintf(stderr, "cordon: no bucket is protected here\n");
  const Result<void> done = sweep_all(process, **cloud, *settings, flags, requests);
  const int unknown = report_unknown(*found);
  return done ? unknown : report_failure(done.error());
}

int status(Process& process, const SweepFlags& flags) {
  const auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return report_failure(settings.error());
  const auto found = buckets_of(process, **cloud, *settings, flags);
  if (!found) return report_failure(found.error());
  for (const BucketName& bucket : found->buckets) {
    const auto last = last_sweep(**cloud, process, bucket, process.stop);
    if (!last) return report_failure(last.error());
    if (*last) {
      print(process, bucket, **last);
    } else if (!process.options.json) {
      std::printf("%s: never swept\n", shown(bucket.str()).c_str());
    }
  }
  return report_unknown(*found);
}

int scan_bucket(Process& process, const SweepFlags& flags) {
  auto request = place_of(flags.place);
  if (!request) return report_failure(request.error());
  const auto since = time_of(flags.since, "--since");
  if (!since) return report_failure(since.error());
  const auto until = time_of(flags.until, "--until");
  if (!until) return report_failure(until.error());
  const auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  request->since = *since;
  request->until = *until;
  request->every = true;
  request->take_over = flags.take_over;
  request->restart = flags.restart;
  request->acts_anywhere = flags.act;
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return report_failure(settings.error());
  const Result<void> done = sweep_all(process, **cloud, *settings, flags, {*request});
  return done ? kExitDone : report_failure(done.error());
}

void add_common_flags(CLI::App& command, SweepFlags& flags) {
  command.add_flag("--act", flags.act,
                   "Also in a bucket that is not protected follow the routes of the settings, and "
                   "move or delete what they say; without it objects there are tagged only");
  command.add_flag("--restart", flags.restart,
                   "From the beginning, not where the last one stopped");
  command.add_flag("--take-over", flags.take_over,
                   "Although another one holds the bucket: it is known to be dead");
}

}  // namespace

void add_sweep_command(CLI::App& app, Selection& selection) {
  auto flags = std::make_shared<SweepFlags>();  // Shared by the parser and the chosen command.
  CLI::App* sweep_app = app.add_subcommand(
      "sweep", "Find objects without a valid verdict, and have them scanned behind what is new");
  sweep_app->require_subcommand(0, 1);
  sweep_app->add_option("--bucket", flags->buckets, "Only these (default: every protected bucket)");
  sweep_app->add_option("--older-signatures", flags->older_signatures,
                        "Also what was sealed with signatures older than this version");
  sweep_app->add_flag("--errors", flags->errors,
                      "Also what has the verdict Error: its cause may be over");
  sweep_app->add_option("--grace", flags->grace, "What is younger is left to its own event");
  sweep_app->add_flag("--check-seals", flags->check_seals,
                      "Read every sealed object to see whether its seal holds for its bytes");
  add_seal_key_flag(*sweep_app, flags->seal_key_file);
  add_common_flags(*sweep_app, *flags);
  CLI::App* status_app = sweep_app->add_subcommand("status", "How far the sweeps are");
  status_app->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return status(process, *flags); };
  });
  sweep_app->callback([&selection, flags, status_app] {
    if (status_app->parsed()) return;
    selection.run = [flags](Process& process) { return sweep(process, *flags); };
  });
}

void add_scan_bucket_command(CLI::App& scan, Selection& selection) {
  auto flags = std::make_shared<SweepFlags>();
  CLI::App* bucket = scan.add_subcommand(
      "bucket", "Have agents scan what lies in a bucket, whether or not it has a verdict");
  bucket->add_option("PLACE", flags->place, "s3://BUCKET or s3://BUCKET/PREFIX")->required();
  bucket->add_option("--since", flags->since, "Changed at this time (RFC 3339) or later");
  bucket->add_option("--until", flags->until, "Changed before this time");
  add_common_flags(*bucket, *flags);
  bucket->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return scan_bucket(process, *flags); };
  });
}

}  // namespace cordon
