// cordon quarantine list | restore ID | delete ID..

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/known_settings.h"
#include "apps/cordon/json_line.h"
#include "apps/cordon/services/crash_observer.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/quarantined_objects.h"

namespace cordon {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;

struct ListFlags {
  std::string quarantine;
  std::string bucket;
  std::string prefix;
  std::string after;
  std::size_t limit = 1000;
};

struct RestoreFlags {
  std::string quarantine;
  std::string id;
  std::string to;
  std::string allow;
  std::string expires;
  bool overwrite = false;
};

struct DeleteFlags {
  std::string quarantine;
  std::vector<std::string> ids;
};

int usage(const std::string& what) {
  std::fprintf(stderr, "cordon: %s\n", shown(what).c_str());
  return kExitUsage;
}

int usage_or_failure(const Error& error) {
  return error.code == Errc::invalid ? usage(error.what) : report_failure(error);
}

std::optional<BucketName> bucket_in(const std::string& flag) {
  return flag.empty() ? std::nullopt : std::optional<BucketName>(flag);
}

// --- list --------------------------------------------------------------------------------------

void print_text(const QuarantineEntry& entry) {
  const QuarantineRecord& record = entry.record;
  const std::string result = record.result ? std::string(name_of(*record.result)) : "?";
  const std::string why = record.signatures.empty()
                              ? (record.reason ? std::string(name_of(*record.reason)) : "-")
                              : shown(record.signatures.front());
  const std::string place = record.original ? to_string(*record.original) : "(unknown)";
  const std::string note =
      entry.unread ? "  (its metadata cannot be read: " + entry.unread->what + ")" : "";
  std::printf("%s\n  %s  %s  %s  %llu bytes  %s  in %s%s\n", quarantine_id(record.stored).c_str(),
              rfc3339_s(entry.moved_at).c_str(), result.c_str(), shown(why).c_str(),
              static_cast<unsigned long long>(entry.bytes), shown(place).c_str(),
              shown(record.stored.bucket.str()).c_str(), shown(note).c_str());
}

void tell(const QuarantineListing& listing) {
  if (listing.state == QuarantineListing::State::missing) return;
  if (listing.error) {
    report_failure(with_context(*listing.error, "quarantine " + listing.quarantine.str()));
  }
  if (listing.unread > 0) {
    std::fprintf(stderr,
                 "cordon: of %zu entries of %s the metadata could not be read; each says why\n",
                 listing.unread, shown(listing.quarantine.str()).c_str());
  }
}

void tell_more(const ObjectRef& last, bool is_named, std::size_t others) {
  const std::string bucket = is_named ? "" : " --quarantine " + shown(last.bucket.str());
  const std::string rest = others == 0 ? "" : ", then the other quarantines";
  std::fprintf(stderr, "cordon: there is more: cordon quarantine list%s --after '%s'%s\n",
               bucket.c_str(), quarantine_id(last).c_str(), rest.c_str());
}

int tell(const QuarantineListReport& report, bool is_named) {
  for (const std::string& unseen : report.unseen) {
    std::fprintf(stderr, "cordon: not looked for: %s\n", shown(unseen).c_str());
  }
  if (has_no_quarantine(report)) return report_failure(*report.listings.back().error);
  for (const QuarantineListing& listing : report.listings) tell(listing);
  if (report.listings.back().more) {
    tell_more(*report.listings.back().more, is_named, report.not_asked);
  } else if (report.not_asked > 0) {
    std::fprintf(stderr, "cordon: %zu other quarantines were not looked at (--limit)\n",
                 report.not_asked);
  }
  return is_incomplete(report) ? kExitFailed : kExitDone;
}

int list(const ListFlags& flags, Process& process) {
  if (flags.bucket.empty() && !flags.prefix.empty()) return usage("--prefix needs --bucket");
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<Settings> settings = known_settings(**access, process);
  if (!settings) return report_failure(settings.error());
  QuarantineListRequest request{.quarantine = bucket_in(flags.quarantine),
                                .bucket = bucket_in(flags.bucket),
                                .prefix = flags.prefix,
                                .count_max = flags.limit};
  if (!flags.after.empty()) request.after = flags.after;
  bool is_empty = true;
  const auto on_entry = [&](const QuarantineEntry& entry) {
    is_empty = false;
    if (process.options.json) {
      print_json_line(document_of(entry));
    } else {
      print_text(entry);
    }
  };
  const Result<QuarantineListReport> report =
      list_quarantined(**access, process, *settings, request, on_entry);
  if (report && is_empty) report_nothing(process, "nothing is in quarantine here");
  std::fflush(stdout);
  if (!report) return usage_or_failure(report.error());
  return tell(*report, request.quarantine.has_value());
}

// --- restore -----------------------------------------------------------------------------------

// s3://BUCKET[/KEY]; a key that is empty or ends with '/' is a folder.
Result<ObjectRef> parse_place(const std::string& text) {
  constexpr std::string_view kScheme = "s3://";
  const std::size_t slash = text.find('/', kScheme.size());
  const std::size_t end = std::min(slash, text.size());
  if (!text.starts_with(kScheme) || end == kScheme.size() || !is_utf8(text)) {
    return Error{Errc::invalid, "--to wants s3://BUCKET/KEY"};
  }
  ObjectRef place{BucketName(text.substr(kScheme.size(), end - kScheme.size())), ObjectKey()};
  if (slash != std::string::npos) place.key = ObjectKey(text.substr(slash + 1));
  if (place.key.str().size() > kKeyBytesMax) {
    return Error{Errc::invalid, "--to names a key of more than 1,024 bytes"};
  }
  return place;
}

Result<RestoreRequest> request_of(const RestoreFlags& flags, const ObjectRef& stored) {
  RestoreRequest request{.stored = stored};
  if (!flags.to.empty()) {
    CORDON_TRY(request.to, parse_place(flags.to));
  }
  if (flags.allow == "once") request.allow = Allow::once;
  if (flags.allow == "always") request.allow = Allow::always;
  if (!flags.expires.empty()) {
    if (request.allow != Allow::always) {
      return Error{Errc::invalid, "--expires goes with --allow always"};
    }
    const Result<SystemTime> time = parse_rfc3339(flags.expires);
    if (!time) {
      return Error{Errc::invalid, "--expires wants a time such as 2027-01-31T00:00:00Z"};
    }
    request.allow_until = *time;
  }
  request.overwrite = flags.overwrite;
  return request;
}

int restore(const RestoreFlags& flags, Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<Settings> settings = known_settings(**access, process);
  if (!settings) return report_failure(settings.error());
  const auto located =
      locate_quarantined(**access, process, *settings, {flags.id}, bucket_in(flags.quarantine));
  if (!located) return usage_or_failure(located.error());
  const Result<RestoreRequest> request = request_of(flags, located->front());
  if (!request) return usage(request.error().what);
  const Result<Restored> restored = restore_quarantined(**access, process, *settings, *request,
                                                        make_crash_hook(process.environment));
  if (!restored) return report_failure(restored.error());
  if (process.options.json) {
    print_json_line(document_of(*restored));
  } else {
    std::printf("%s: restored\n", shown(to_string(restored->place)).c_str());
  }
  return kExitDone;
}

// --- delete ------------------------------------------------------------------------------------

int remove(const DeleteFlags& flags, Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<Settings> settings = known_settings(**access, process);
  if (!settings) return report_failure(settings.error());
  const auto located =  // All are looked at before the first one is deleted.
      locate_quarantined(**access, process, *settings, flags.ids, bucket_in(flags.quarantine));
  if (!located) return usage_or_failure(located.error());
  int exit_code = kExitDone;
  for (const ObjectRef& stored : *located) {
    const Result<QuarantineDeletion> deletion = delete_quarantined(**access, process, stored);
    if (!deletion) {
      // Missing is less than failed, whatever the numbers say.
      const int code = report_failure(deletion.error());
      if (exit_code != kExitFailed) exit_code = code;
      continue;
    }
    if (process.options.json) {
      print_json_line(document_of(*deletion));
    } else {
      std::printf("%s: deleted\n", quarantine_id(deletion->stored).c_str());
    }
    std::fflush(stdout);
  }
  return exit_code;
}

// --- the command line --------------------------------------------------------------------------

void add_quarantine_flag(Command& command, std::string& bucket) {
  command.add_option(
      "--quarantine", bucket,
      "Only this quarantine bucket (default: every one of the deployment, in all regions)");
}

void add_list(Command& quarantine, Selection& selection) {
  auto flags = std::make_shared<ListFlags>();  // Shared by the parser and the chosen command.
  Command* command = quarantine.add_subcommand("list", "What is in quarantine, in order of keys");
  add_quarantine_flag(*command, flags->quarantine);
  command->add_option("--bucket", flags->bucket, "Only what came from this bucket");
  command->add_option("--prefix", flags->prefix, "Only keys with this prefix (needs --bucket)");
  command->add_option("--limit", flags->limit, "At most so many entries (default 1000)")
      ->between(1, 1'000'000);
  command->add_option("--after", flags->after, "Go on behind this id");
  command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return list(*flags, process); };
  });
}

void add_restore(Command& quarantine, Selection& selection) {
  auto flags = std::make_shared<RestoreFlags>();
  Command* command = quarantine.add_subcommand("restore", "Put one object back where it was");
  command->add_option("ID", flags->id, "As `list` prints it")->required();
  add_quarantine_flag(*command, flags->quarantine);
  command
      ->add_option("--allow", flags->allow,
                   "Let it pass in a protected bucket: once (this object) or always (this content "
                   "with these signatures, in every bucket)")
      ->one_of({"once", "always"});
  command->add_option("--expires", flags->expires, "End of --allow always (RFC 3339)");
  command->add_option("--to", flags->to,
                      "Another place: s3://B/K, or s3://B/FOLDER/ to keep its name");
  command->add_flag("--overwrite", flags->overwrite,
                    "Put a new version above what is there (where versions are kept)");
  command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return restore(*flags, process); };
  });
}

void add_delete(Command& quarantine, Selection& selection) {
  auto flags = std::make_shared<DeleteFlags>();
  Command* command = quarantine.add_subcommand("delete", "Delete exactly these versions, for good");
  command->add_option("ID", flags->ids, "As `list` prints them")->required();
  add_quarantine_flag(*command, flags->quarantine);
  command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return remove(*flags, process); };
  });
}

}  // namespace

void add_quarantine_command(Command& app, Selection& selection) {
  Command* quarantine =
      app.add_subcommand("quarantine", "List, restore and delete what was quarantined");
  quarantine->require_subcommand();
  add_list(*quarantine, selection);
  add_restore(*quarantine, selection);
  add_delete(*quarantine, selection);
}

}  // namespace cordon
