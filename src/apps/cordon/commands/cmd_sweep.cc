// cordon sweep [BUCKET..] | sweep status | scan bucket s3://B[/prefix]: asks for the scan of what
// lies in buckets, behind everything that is new.

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/commands/seal_keys.h"
#include "apps/cordon/json_line.h"
#include "base/duration.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/bucket_sweeps.h"

namespace cordon {
namespace {

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

void print(const Process& process, const SweepReport& report) {
  if (process.options.json) {
    print_json_line(document_of(report));
    return;
  }
  const SweepCheckpoint& now = report.checkpoint;
  const char* state = now.finished ? "finished" : "unfinished";
  if (!now.finished && is_under_way(report)) state = "under way";
  std::string refused;
  if (now.refused > 0) {
    refused = std::to_string(now.refused) + " REFUSED by the queue (see the log), ";
  }
  std::printf(
      "%s: %s; %llu objects, %llu asked for, %s%llu too young, %llu excluded, %llu in archives, "
      "%llu taken on their tags' word; oldest without verdict: %lld s\n",
      shown(report.bucket.str()).c_str(), state, static_cast<unsigned long long>(now.listed),
      static_cast<unsigned long long>(now.enqueued), refused.c_str(),
      static_cast<unsigned long long>(now.young), static_cast<unsigned long long>(now.excluded),
      static_cast<unsigned long long>(now.archived), static_cast<unsigned long long>(now.unproven),
      static_cast<long long>(oldest_unscanned_age(now, report.time).count()));
  std::fflush(stdout);
}

// On a terminal one line that counts; else a line per page; with --json nothing.
class Progress {
 public:
  explicit Progress(bool is_quiet) : is_quiet_(is_quiet) {}

  void show(const BucketName& bucket, const SweepCheckpoint& now) {
    if (is_quiet_) return;
    std::fprintf(stderr, "%s%s: %llu objects, %llu asked for%s", is_terminal_ ? "\r" : "",
                 shown(bucket.str()).c_str(), static_cast<unsigned long long>(now.listed),
                 static_cast<unsigned long long>(now.enqueued), is_terminal_ ? "\033[K" : "\n");
    std::fflush(stderr);
    is_open_ = is_terminal_;
  }
  void end_line() {
    if (std::exchange(is_open_, false)) std::fprintf(stderr, "\n");
  }

 private:
  const bool is_quiet_;
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool is_open_ = false;
};

Result<std::optional<SystemTime>> time_of(const std::string& flag, const char* name) {
  if (flag.empty()) return std::optional<SystemTime>();
  const Result<SystemTime> time = parse_rfc3339(flag);
  if (!time) {
    return usage_error(std::string(name) + " takes a time such as 2027-01-31T12:00:00Z");
  }
  return std::optional<SystemTime>(*time);
}

// "s3://BUCKET" or "s3://BUCKET/PREFIX".
Result<SweepBucketsRequest> place_of(const std::string& text) {
  constexpr std::string_view kScheme = "s3://";
  if (!text.starts_with(kScheme) || !is_utf8(text) || text.size() > 2048) {
    return usage_error("a bucket or prefix is named s3://BUCKET or s3://BUCKET/PREFIX");
  }
  const std::string rest = text.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  const std::string bucket = rest.substr(0, slash);
  SweepBucketsRequest request{.buckets = {BucketName(bucket)}};
  if (slash != std::string::npos) request.sought.prefix = rest.substr(slash + 1);
  const Result<ObjectRef> probe = parse_object_uri("s3://" + bucket + "/x");
  if (!probe) return probe.error();
  return request;
}

void put_common_flags(const SweepFlags& flags, SweepRequest& sought) {
  sought.take_over = flags.take_over;
  sought.restart = flags.restart;
  sought.acts_anywhere = flags.act;
}

std::vector<BucketName> named_buckets(const SweepFlags& flags) {
  return {flags.buckets.begin(), flags.buckets.end()};
}

Result<SweepBucketsRequest> sweep_request(const SweepFlags& flags) {
  SweepBucketsRequest request{.buckets = named_buckets(flags)};
  if (!flags.older_signatures.empty()) request.sought.signatures = flags.older_signatures;
  request.sought.errors = flags.errors;
  request.sought.check_seals = flags.check_seals;
  put_common_flags(flags, request.sought);
  CORDON_TRY(const auto grace, parse_duration(flags.grace));
  request.grace = std::chrono::duration_cast<std::chrono::seconds>(grace);
  CORDON_TRY(request.seal_keys, load_seal_keys(flags.seal_key_file));
  return request;
}

Result<SweepBucketsRequest> scan_request(const SweepFlags& flags) {
  CORDON_TRY(SweepBucketsRequest request, place_of(flags.place));
  CORDON_TRY(request.sought.since, time_of(flags.since, "--since"));
  CORDON_TRY(request.sought.until, time_of(flags.until, "--until"));
  request.sought.every = true;
  put_common_flags(flags, request.sought);
  return request;
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

int sweep(Process& process, const Result<SweepBucketsRequest>& request) {
  if (!request) return report_failure(request.error());
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<Settings> settings = known_settings(**access, process);
  if (!settings) return report_failure(settings.error());
  Progress progress(process.options.json);
  const SweepListener listener{
      .on_page = [&](const BucketName& bucket,
                     const SweepCheckpoint& now) { progress.show(bucket, now); },
      .on_done =
          [&](const SweepReport& report) {
            progress.end_line();
            print(process, report);
          }};
  const auto swept = sweep_buckets(**access, process, *settings, *request, listener);
  progress.end_line();
  if (!swept) return report_failure(swept.error());
  if (swept->found.buckets.empty()) std::fprintf(stderr, "cordon: no bucket is protected here\n");
  const int unknown = report_unknown(swept->found);
  return swept->failure ? report_failure(*swept->failure) : unknown;
}

int status(Process& process, const SweepFlags& flags) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<Settings> settings = known_settings(**access, process);
  if (!settings) return report_failure(settings.error());
  const auto on_status = [&](const SweepStatus& one) {
    if (one.last) {
      print(process, *one.last);
    } else if (!process.options.json) {
      std::printf("%s: never swept\n", shown(one.bucket.str()).c_str());
    }
  };
  const auto found = sweep_status(**access, process, *settings, named_buckets(flags), on_status);
  if (!found) return report_failure(found.error());
  if (found->buckets.empty()) report_nothing(process, "no bucket is protected here");
  return report_unknown(*found);
}

void add_common_flags(Command& command, SweepFlags& flags) {
  command.add_flag("--act", flags.act,
                   "Also in a bucket that is not protected follow the routes of the settings, and "
                   "move or delete what they say; without it objects there are tagged only");
  command.add_flag("--restart", flags.restart,
                   "From the beginning, not where the last one stopped");
  command.add_flag("--take-over", flags.take_over,
                   "Although another one holds the bucket: it is known to be dead");
}

}  // namespace

void add_sweep_command(Command& app, Selection& selection) {
  auto flags = std::make_shared<SweepFlags>();  // Shared by the parser and the chosen command.
  Command* sweep_app = app.add_subcommand(
      "sweep", "Find objects without a valid verdict, and have them scanned behind what is new");
  sweep_app->allow_subcommand();
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
  Command* status_app = sweep_app->add_subcommand("status", "How far the sweeps are");
  status_app->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return status(process, *flags); };
  });
  sweep_app->on_chosen([&selection, flags, status_app] {
    if (status_app->is_chosen()) return;
    selection.run = [flags](Process& process) { return sweep(process, sweep_request(*flags)); };
  });
}

void add_scan_bucket_command(Command& scan, Selection& selection) {
  auto flags = std::make_shared<SweepFlags>();
  Command* bucket = scan.add_subcommand(
      "bucket", "Have agents scan what lies in a bucket, whether or not it has a verdict");
  bucket->add_option("PLACE", flags->place, "s3://BUCKET or s3://BUCKET/PREFIX")->required();
  bucket->add_option("--since", flags->since, "Changed at this time (RFC 3339) or later");
  bucket->add_option("--until", flags->until, "Changed before this time");
  add_common_flags(*bucket, *flags);
  bucket->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return sweep(process, scan_request(*flags)); };
  });
}

}  // namespace cordon
