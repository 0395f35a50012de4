// cordon quarantine list | restore ID | delete ID..

#include <CLI/CLI.hpp>
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
#include "core/own_buckets.h"
#include "operations/member_buckets.h"
#include "operations/quarantines.h"
#include "quarantine/listing.h"
#include "quarantine/removal.h"
#include "quarantine/restoration.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::hours kListLimit{1};
// Larger objects are copied by parts, and may have to be read.
constexpr std::chrono::hours kRestoreLimit{6};
constexpr std::chrono::minutes kDeleteLimit{5};
constexpr std::chrono::minutes kSearchLimit{2};
constexpr std::size_t kShownKeyBytesMax = 1024;

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

template <typename Id>
json::value text_of(const std::optional<Id>& id) {
  return id ? json::value(id->str()) : json::value(nullptr);
}
json::value text_of(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

// The fields of docs/formats/quarantine.md.
json::object json_of(const QuarantineRecord& record) {
  json::array signatures(record.signatures.begin(), record.signatures.end());
  const auto& original = record.original;
  return json::object{
      {"schema", "cordon.quarantine/1"},
      {"id", quarantine_id(record.stored)},
      {"bucket", original ? json::value(original->bucket.str()) : json::value(nullptr)},
      {"key", original ? json::value(utf8_clean(original->key.str(), kShownKeyBytesMax))
                       : json::value(nullptr)},
      {"versionId", text_of(record.original_version)},
      {"eTag", text_of(record.original_etag)},
      {"result", record.result ? json::value(name_of(*record.result)) : json::value(nullptr)},
      {"reason", record.reason ? json::value(name_of(*record.reason)) : json::value(nullptr)},
      {"virusNames", std::move(signatures)},
      {"sha256", text_of(record.sha256)},
      {"scannedAt", record.time ? json::value(rfc3339_ms(*record.time)) : json::value(nullptr)},
      {"resultId", text_of(record.result_id)},
      {"quarantine", json::object{{"bucket", record.stored.bucket.str()},
                                  {"key", record.stored.key.str()},
                                  {"versionId", text_of(record.stored.version)}}}};
}

void print(const Process& process, const QuarantineEntry& entry) {
  const QuarantineRecord& record = entry.record;
  if (process.options.json) {
    json::object line = json_of(record);
    line["size"] = entry.bytes;
    line["quarantinedAt"] = rfc3339_ms(entry.moved_at);
    line["unread"] = entry.unread ? json::value(shown(entry.unread->what)) : json::value(nullptr);
    print_json_line(line);
    return;
  }
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

// The first of them that has the version which the id names.
Result<std::optional<BucketName>> holder_among(const std::vector<BucketName>& quarantines,
                                               const std::string& id, MemberBuckets& buckets,
                                               const Process& process) {
  using MaybeBucket = std::optional<BucketName>;
  const Deadline deadline = Deadline::after(process.clock, kSearchLimit);
  for (const BucketName& bucket : quarantines) {
    CORDON_TRY(const ObjectRef stored, parse_quarantine_id(id, bucket));
    if (quarantines.size() == 1) return MaybeBucket(bucket);
    const Result<ObjectHead> head = buckets.store().head(stored, deadline, process.stop);
    if (head) return MaybeBucket(bucket);
    if (head.error().code == Errc::cancelled) return head.error();
  }
  return MaybeBucket();
}

// The one that the flag names, else every one.
Quarantines quarantines_in(const std::string& flag, DeploymentAccess& cloud,
                           const Settings& settings, const Process& process) {
  const Deadline deadline = Deadline::after(process.clock, kSearchLimit);
  if (flag.empty()) return all_quarantines(cloud, settings, deadline, process.stop);
  Quarantines one{{BucketName(flag)}};
  if (is_own_bucket(one.buckets.front(), settings.policies)) return one;
  // Whose it is, if it is a former one. Else it has to be ours, as every bucket without a word.
  const auto earlier = earlier_quarantines(cloud, settings, deadline, process.stop);
  if (!earlier) one.unseen.push_back("quarantines of earlier settings: " + earlier.error().what);
  return one;
}

// The one that has this version; where none does, the first, of which the command then says what is
// wrong.
Result<BucketName> holder_of(const Quarantines& all, const std::string& id, MemberBuckets& buckets,
                             const Process& process) {
  CORDON_TRY(const std::optional<BucketName> holder,
             holder_among(all.buckets, id, buckets, process));
  return holder.value_or(all.buckets.front());
}

// One bucket of several: what it held, and how many of its entries could not be looked at.
struct Listed {
  std::size_t count = 0;
  std::size_t unread = 0;
  std::optional<ObjectRef> more = std::nullopt;
};

Result<Listed> list_one(const QuarantineQuery& query, MemberBuckets& buckets,
                        const Process& process) {
  Listed listed;
  const auto on_entry = [&](const QuarantineEntry& entry) {
    ++listed.count;
    if (entry.unread) ++listed.unread;
    print(process, entry);
  };
  CORDON_TRY(listed.more,
             list_quarantine(buckets.store(), buckets.catalogue(), query, on_entry,
                             Deadline::after(process.clock, kListLimit), process.stop));
  std::fflush(stdout);
  return listed;
}

void tell_more(const ObjectRef& last, bool is_named, std::size_t others) {
  const std::string bucket = is_named ? "" : " --quarantine " + shown(last.bucket.str());
  const std::string rest = others == 0 ? "" : ", then the other quarantines";
  std::fprintf(stderr, "cordon: there is more: cordon quarantine list%s --after '%s'%s\n",
               bucket.c_str(), quarantine_id(last).c_str(), rest.c_str());
}

// With --after: from the one on that has that version.
Result<Quarantines> chosen_quarantines(const ListFlags& flags, DeploymentAccess& cloud,
                                       const Settings& settings, MemberBuckets& buckets,
                                       const Process& process) {
  Quarantines all = quarantines_in(flags.quarantine, cloud, settings, process);
  if (!flags.quarantine.empty() || flags.after.empty()) return all;
  CORDON_TRY(const std::optional<BucketName> holder,
             holder_among(all.buckets, flags.after, buckets, process));
  if (!holder) {
    return Error{Errc::invalid, "no quarantine has " + flags.after +
                                    " (any more); name the one to go on in with --quarantine"};
  }
  all.configured = all.buckets.size();
  all.buckets.erase(all.buckets.begin(),
                    std::find(all.buckets.begin(), all.buckets.end(), *holder));
  return all;
}

// What is missing in one says nothing about the others: all are asked, and the worst is told.
int list_all(const Quarantines& quarantines, QuarantineQuery query, const ListFlags& flags,
             MemberBuckets& buckets, const Process& process) {
  int exit_code = kExitDone;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < quarantines.buckets.size() && query.count_max > 0; ++i) {
    query.quarantine = quarantines.buckets[i];
    if (i > 0) query.after.reset();
    const Result<Listed> listed = list_one(query, buckets, process);
    if (!listed && listed.error().code == Errc::not_found) {
      if (++missing == quarantines.buckets.size()) return report_failure(listed.error());
      continue;
    }
    if (!listed) {
      report_failure(with_context(listed.error(), "quarantine " + query.quarantine.str()));
      // Whose rights end at this region is told, and that is all.
      const bool is_elsewhere = i >= quarantines.configured && listed.error().code == Errc::denied;
      if (!is_elsewhere) exit_code = kExitFailed;
      continue;
    }
    if (listed->unread > 0) {
      std::fprintf(stderr,
                   "cordon: of %zu entries of %s the metadata could not be read; each says why\n",
                   listed->unread, shown(query.quarantine.str()).c_str());
      exit_code = kExitFailed;
    }
    const std::size_t others = quarantines.buckets.size() - i - 1;
    if (listed->more) {
      tell_more(*listed->more, !flags.quarantine.empty(), others);
      return exit_code;
    }
    query.count_max -= listed->count;
    if (query.count_max == 0 && others > 0) {
      std::fprintf(stderr, "cordon: %zu other quarantines were not looked at (--limit)\n", others);
    }
  }
  return exit_code;
}

int list(const ListFlags& flags, Process& process) {
  if (flags.bucket.empty() && !flags.prefix.empty()) return usage("--prefix needs --bucket");
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return report_failure(settings.error());
  MemberBuckets buckets(**cloud, *settings);
  const Result<Quarantines> quarantines =
      chosen_quarantines(flags, **cloud, *settings, buckets, process);
  if (!quarantines) return usage_or_failure(quarantines.error());
  QuarantineQuery query{
      .quarantine = quarantines->buckets.front(), .prefix = flags.prefix, .count_max = flags.limit};
  if (!flags.bucket.empty()) query.bucket = BucketName(flags.bucket);
  if (!flags.after.empty()) {
    const Result<ObjectRef> after = parse_quarantine_id(flags.after, query.quarantine);
    if (!after) return usage(after.error().what);
    query.after = *after;
  }
  for (const std::string& unseen : quarantines->unseen) {
    std::fprintf(stderr, "cordon: not looked for: %s\n", shown(unseen).c_str());
  }
  return list_all(*quarantines, std::move(query), flags, buckets, process);
}

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
  if (place.key.str().size() > kShownKeyBytesMax) {
    return Error{Errc::invalid, "--to names a key of more than 1,024 bytes"};
  }
  return place;
}

Result<RestoreRequest> request_of(const RestoreFlags& flags, const BucketName& quarantine) {
  RestoreRequest request;
  CORDON_TRY(request.stored, parse_quarantine_id(flags.id, quarantine));
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

// Whether agents of the place look for marks where this was quarantined: in the same region, or in
// the quarantine that the policy of the place names.
Result<bool> is_looked_for(DeploymentAccess& cloud, MemberBuckets& buckets,
                           const Settings& settings, const BucketName& place,
                           const BucketName& quarantine, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const BucketName at,
             quarantine_at(cloud, buckets, settings, {place, ObjectKey()}, deadline, stop));
  if (at == quarantine) return true;
  CORDON_TRY(const Region there, buckets.region_of(place, deadline, stop));
  CORDON_TRY(const Region here, buckets.region_of(quarantine, deadline, stop));
  return there == here;
}

RestorePorts ports_of(DeploymentAccess& cloud, MemberBuckets& buckets, const Process& process,
                      const Settings& settings, const BucketName& quarantine) {
  return {.store = buckets.restoring_store(),
          .catalogue = cloud.catalogue(),
          .clock = process.clock,
          .is_watched =
              [&buckets](const BucketName& bucket, Deadline deadline, std::stop_token stop) {
                return buckets.is_watched(bucket, deadline, std::move(stop));
              },
          .is_here =
              [&cloud, &buckets, &settings, quarantine](const BucketName& bucket, Deadline deadline,
                                                        std::stop_token stop) {
                return is_looked_for(cloud, buckets, settings, bucket, quarantine, deadline,
                                     std::move(stop));
              },
          .list_allowed =
              [&cloud](const std::vector<AllowEntry>& entries, Deadline deadline,
                       std::stop_token stop) {
                return cloud.settings_writer().allow(entries, deadline, std::move(stop));
              },
          .before = make_crash_hook(process.environment),
          .tag_keys = keys_in_force(settings.tags)};
}

void print(const Process& process, const Restored& restored) {
  if (!process.options.json) {
    std::printf("%s: restored\n", shown(to_string(restored.place)).c_str());
    return;
  }
  json::object line = json_of(restored.record);
  line["restored"] = json::object{{"bucket", restored.place.bucket.str()},
                                  {"key", restored.place.key.str()},
                                  {"versionId", text_of(restored.place.version)},
                                  {"eTag", restored.etag.str()}};
  json::array listed;
  for (const AllowEntry& entry : restored.listed) {
    listed.push_back(
        json::object{{"sha256", entry.sha256},
                     {"signature", entry.signature},
                     {"expires", entry.expires ? json::value(rfc3339_ms(*entry.expires))
                                               : json::value(nullptr)}});
  }
  line["allowListed"] = std::move(listed);
  print_json_line(line);
}

// Whose bucket the place is stands in the record, which was not read where this fails.
Error with_member_advice(Error error, const Settings& settings) {
  if (error.code != Errc::denied || settings.accounts.empty()) return error;
  error.what +=
      "; where the place is a bucket of a member account, its role needs the rights that cordon "
      "iam "
      "member --restore prints; or restore to a bucket of this account with --to s3://B/K";
  return error;
}

int restore(const RestoreFlags& flags, Process& process) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return report_failure(settings.error());
  MemberBuckets buckets(**cloud, *settings);
  const Quarantines all = quarantines_in(flags.quarantine, **cloud, *settings, process);
  const Result<BucketName> quarantine = holder_of(all, flags.id, buckets, process);
  if (!quarantine) return usage_or_failure(quarantine.error());
  const Result<RestoreRequest> request = request_of(flags, *quarantine);
  if (!request) return usage(request.error().what);
  Restoration restoration(ports_of(**cloud, buckets, process, *settings, *quarantine), *request,
                          Deadline::after(process.clock, kRestoreLimit), process.stop);
  const Result<Restored> restored = restoration.run();
  if (!restored) return report_failure(with_member_advice(restored.error(), *settings));
  print(process, *restored);
  return kExitDone;
}

Result<void> remove_one(DeploymentAccess& cloud, const Process& process, const ObjectRef& stored) {
  const Deadline deadline = Deadline::after(process.clock, kDeleteLimit);
  Result<ObjectHead> head = cloud.store().head(stored, deadline, process.stop);
  if (!head && head.error().code == Errc::not_found) {
    return Error{Errc::not_found, "nothing in quarantine has the id " + quarantine_id(stored)};
  }
  CORDON_TRY(head);
  return remove_known(cloud.store(), {stored, *std::move(head)}, deadline, process.stop);
}

int remove(const DeleteFlags& flags, Process& process) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  const Result<Settings> settings = known_settings(**cloud, process);
  if (!settings) return report_failure(settings.error());
  MemberBuckets buckets(**cloud, *settings);
  const Quarantines all = quarantines_in(flags.quarantine, **cloud, *settings, process);
  std::vector<ObjectRef> stored;
  for (const std::string& id : flags.ids) {  // All are looked at before the first one is deleted.
    const Result<BucketName> quarantine = holder_of(all, id, buckets, process);
    if (!quarantine) return usage_or_failure(quarantine.error());
    Result<ObjectRef> parsed = parse_quarantine_id(id, *quarantine);
    if (!parsed) return usage(parsed.error().what);
    stored.push_back(*std::move(parsed));
  }
  int exit_code = kExitDone;
  for (const ObjectRef& object : stored) {
    const Result<void> removed = remove_one(**cloud, process, object);
    if (!removed) {
      // Missing is less than failed, whatever the numbers say.
      const int code = report_failure(removed.error());
      if (exit_code != kExitFailed) exit_code = code;
      continue;
    }
    const std::string id = quarantine_id(object);
    if (process.options.json) {
      print_json_line(json::object{{"id", id}, {"deleted", true}});
    } else {
      std::printf("%s: deleted\n", id.c_str());
    }
    std::fflush(stdout);
  }
  return exit_code;
}

void add_quarantine_flag(CLI::App& command, std::string& bucket) {
  command.add_option(
      "--quarantine", bucket,
      "Only this quarantine bucket (default: every one of the deployment, in all regions)");
}

void add_list(CLI::App& quarantine, Selection& selection) {
  auto flags = std::make_shared<ListFlags>();  // Shared by the parser and the chosen command.
  CLI::App* command = quarantine.add_subcommand("list", "What is in quarantine, in order of keys");
  add_quarantine_flag(*command, flags->quarantine);
  command->add_option("--bucket", flags->bucket, "Only what came from this bucket");
  command->add_option("--prefix", flags->prefix, "Only keys with this prefix (needs --bucket)");
  command->add_option("--limit", flags->limit, "At most so many entries (default 1000)")
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--after", flags->after, "Go on behind this id");
  command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return list(*flags, process); };
  });
}

void add_restore(CLI::App& quarantine, Selection& selection) {
  auto flags = std::make_shared<RestoreFlags>();
  CLI::App* command = quarantine.add_subcommand("restore", "Put one object back where it was");
  command->add_option("ID", flags->id, "As `list` prints it")->required();
  add_quarantine_flag(*command, flags->quarantine);
  command
      ->add_option("--allow", flags->allow,
                   "Let it pass in a protected bucket: once (this object) or always (this content "
                   "with these signatures, in every bucket)")
      ->check(CLI::IsMember({"once", "always"}));
  command->add_option("--expires", flags->expires, "End of --allow always (RFC 3339)");
  command->add_option("--to", flags->to,
                      "Another place: s3://B/K, or s3://B/FOLDER/ to keep its name");
  command->add_flag("--overwrite", flags->overwrite,
                    "Put a new version above what is there (where versions are kept)");
  command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return restore(*flags, process); };
  });
}

void add_delete(CLI::App& quarantine, Selection& selection) {
  auto flags = std::make_shared<DeleteFlags>();
  CLI::App* command =
      quarantine.add_subcommand("delete", "Delete exactly these versions, for good");
  command->add_option("ID", flags->ids, "As `list` prints them")->required();
  add_quarantine_flag(*command, flags->quarantine);
  command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return remove(*flags, process); };
  });
}

}  // namespace

void add_quarantine_command(CLI::App& app, Selection& selection) {
  CLI::App* quarantine =
      app.add_subcommand("quarantine", "List, restore and delete what was quarantined");
  quarantine->require_subcommand(1);
  add_list(*quarantine, selection);
  add_restore(*quarantine, selection);
  add_delete(*quarantine, selection);
}

}  // namespace cordon
