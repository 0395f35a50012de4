// The settings document, member by member: names, meanings, limits. The order here is the order in
// which documents are written.

#include "settings/settings_codec.h"

#include <set>

#include "base/text.h"
#include "core/own_buckets.h"
#include "settings/accounts_codec.h"
#include "settings/route_rules.h"
#include "settings/text_rules.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kScanSecondsMax = 6 * 3600;
constexpr std::uint64_t kRecycleAfterMax = 1'000'000'000;
constexpr std::uint64_t kBrakeObjectsMax = 10'000;
constexpr std::size_t kPatternsMax = 200;
constexpr std::size_t kStepsMax = 20;

const Codec<bool>& boolean() {
  static const Codec<bool> codec = boolean_codec();
  return codec;
}
const Codec<BucketName>& bucket_name() {
  static const auto codec = id_codec<BucketName>(bucket_rule());
  return codec;
}
const Codec<std::string>& key_prefix() {
  static const auto codec = plain_text_codec(key_prefix_rule());
  return codec;
}

// --- tags ------------------------------------------------------------------------------------

Fields fields_of(TagKeys& keys) {
  static const auto key = plain_text_codec(tag_key_rule());
  return {field("result", "Of the verdict", key, keys.result),
          field("date", "Of the time of the scan", key, keys.date),
          field("seal", "Of the seal", key, keys.seal),
          field("message", "Of the reason for Unscannable and Error", key, keys.message),
          field("virus", "Of the signature that was found", key, keys.virus),
          field("uploaded_by", "Of the principal that uploaded", key, keys.uploaded_by)};
}

std::string problem_of(const TagKeys& keys) {
  const std::vector<std::string> all = {keys.result,  keys.date,  keys.seal,
                                        keys.message, keys.virus, keys.uploaded_by};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (all[i] == all[j]) return "two of our tags would have the key \"" + all[i] + "\"";
    }
  }
  return "";
}

// Each tag by its contractual name. The result has none here: without it there is no verdict, and
// `enabled` says that better.
Codec<std::string> excludable_tag() {
  const TagKeys names;
  std::vector<std::pair<std::string, std::string>> choices;
  for (const std::string& name :
       {names.date, names.seal, names.message, names.virus, names.uploaded_by}) {
    choices.emplace_back(name, name);
  }
  return choice_codec(std::move(choices));
}

Fields fields_of(TagSettings& tags) {
  static const auto keys = checked(table_codec<TagKeys>(fields_of), problem_of);
  static const auto exclude = list_codec(excludable_tag(), {.most = 5, .unique = true});
  return {
      field("enabled", "Whether objects are tagged at all", boolean(), tags.enabled),
      field("keys", "Other keys for our tags", keys, tags.keys),
      field("exclude", "Tags that are not written, by their usual names", exclude, tags.exclude)};
}

// --- results, notifications, engine ----------------------------------------------------------

Fields fields_of(ResultSettings& results) {
  static const auto console = choice_codec<ConsoleResults>(
      {{"problems", ConsoleResults::problems}, {"all", ConsoleResults::all}});
  return {field("console", "Which results the console is told of", console, results.console),
          field("cloudwatch", "Whether each result is a line in CloudWatch Logs", boolean(),
                results.cloudwatch),
          field("eventbridge", "Whether each result is an event on the default bus", boolean(),
                results.eventbridge)};
}

Codec<Disposition> disposition() {
  std::vector<std::pair<std::string, Disposition>> choices;
  for (const Disposition one :
       {Disposition::clean, Disposition::infected, Disposition::infected_allowed,
        Disposition::unscannable, Disposition::error, Disposition::suspicious}) {
    choices.emplace_back(name_of(one), one);
  }
  return choice_codec(std::move(choices));
}

Fields fields_of(NotificationSettings& notifications) {
  static const auto region = id_codec<Region>(region_rule());
  static const auto verdicts = list_codec(disposition(), {.least = 1, .most = 6, .unique = true});
  return {field("enabled", "Whether results go to the notification topic", boolean(),
                notifications.enabled),
          field("region", "Where the topic is; filled in when the document is applied", region,
                notifications.region),
          field("verdicts", "Results with one of these are published", verdicts,
                notifications.verdicts)};
}

Fields fields_of(UnopenedSettings& unopened) {
  static const auto choice = choice_codec<UnopenedContent>(
      {{"unscannable", UnopenedContent::unscannable}, {"clean", UnopenedContent::clean}});
  return {field("archive", "Archives in formats that nothing opens", choice, unopened.archive),
          field("disk-image", "Disks, file systems and firmware", choice, unopened.disk_image),
          field("mail-store", "Stores of mail programs", choice, unopened.mail_store),
          field("installer", "Installers and packages", choice, unopened.installer),
          field("backup", "Dumps of databases and file systems", choice, unopened.backup)};
}

Fields fields_of(EngineSettings& engine) {
  static const auto seconds = number_codec(1, kScanSecondsMax);
  static const auto scans = number_codec(1, kRecycleAfterMax);
  static const auto encrypted = choice_codec<EncryptedContent>(
      {{"unscannable", EncryptedContent::unscannable}, {"infected", EncryptedContent::infected}});
  static const auto opaque = choice_codec<OpaqueContent>(
      {{"clean", OpaqueContent::clean}, {"unscannable", OpaqueContent::unscannable}});
  return {field("max_scan_seconds", "Time limit of one scan", seconds, engine.max_scan_seconds),
          field("recycle_after", "Scans of one worker process; 1: a process per object", scans,
                engine.recycle_after),
          field("detect_macros", "Office macros are Suspicious", boolean(), engine.detect_macros),
          field("detect_broken", "Damaged executables are Unscannable", boolean(),
                engine.detect_broken),
          field("encrypted", "What encrypted content is", encrypted, engine.encrypted),
          field("opaque", "What content is that looks like noise", opaque, engine.opaque),
          group("unopened", "What content is that nothing here opens, by its class",
                fields_of(engine.unopened))};
}

Fields fields_of(SweepSettings& sweep) {
  static const auto every = plain_text_codec(interval_rule());
  return {field("every", "How often each bucket is looked through for objects without a verdict",
                every, sweep.every)};
}

Fields fields_of(BrakeSettings& brake) {
  static const auto objects = number_codec(1, kBrakeObjectsMax);
  static const auto percent = number_codec(1, 100);
  static const auto window = plain_text_codec(interval_rule());
  return {field("enabled", "Whether new signatures that find too much are kept from acting",
                boolean(), brake.enabled),
          field("infected_min", "Objects that only new names were found in, at least", objects,
                brake.infected_min),
          field("share", "Of what was scanned since the update, more than so many per cent",
                percent, brake.share),
          field("window", "So long after an update", window, brake.window)};
}

// --- policies --------------------------------------------------------------------------------

Destination destination_in(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return {BucketName(text), ""};
  std::string prefix = text.substr(slash + 1);
  if (prefix.ends_with('/')) prefix.pop_back();
  return {BucketName(text.substr(0, slash)), std::move(prefix)};
}

std::string text_of(const Destination& to) {
  return to.bucket.str() + (to.prefix.empty() ? "" : "/" + to.prefix);
}

const Codec<Destination>& destination() {
  static const auto text = plain_text_codec(destination_rule());
  static const Codec<Destination> codec{
      .read =
          [](const SettingsNode& node, const Where& where, Destination& value) {
            std::string read;
            if (!text.read(node, where, read)) return false;
            value = destination_in(read);
            return true;
          },
      .write = [](const Destination& value) -> json::value { return text.write(text_of(value)); },
      .schema = text.schema};
  return codec;
}

// A step that carries a destination: a table of one member.
struct Transfer {
  std::optional<Destination> move = std::nullopt;
  std::optional<Destination> copy = std::nullopt;
};

Fields fields_of(Transfer& transfer) {
  return {field("move", "Copy there, look at the copy, delete here", destination(), transfer.move),
          field("copy", "Copy there", destination(), transfer.copy)};
}

using StepKind = RouteStep::Kind;

const Codec<StepKind>& plain_step() {
  static const auto codec = choice_codec<StepKind>({{"keep", StepKind::keep},
                                                    {"delete", StepKind::remove},
                                                    {"quarantine", StepKind::quarantine}});
  return codec;
}

bool read_step(const SettingsNode& node, const Where& where, RouteStep& step) {
  step = {};
  if (node.kind == SettingsNode::Kind::text) {
    if (node.text != "move" && node.text != "copy")
      return plain_step().read(node, where, step.kind);
    return where.refuse(node,
                        "this step needs a destination: {" + node.text + " = \"bucket/prefix\"}");
  }
  if (node.kind != SettingsNode::Kind::table) {
    return where.refuse(node,
                        "keep, delete, quarantine, {move = \"bucket/prefix\"} or "
                        "{copy = \"bucket/prefix\"} is expected, not " +
                            description_of(node));
  }
  Transfer transfer;
  if (!read_fields(node, where, fields_of(transfer))) return false;
  if (transfer.move.has_value() == transfer.copy.has_value()) {
    return where.refuse(node,
                        "one of move and copy is expected; further steps are further "
                        "entries of the list");
  }
  step.kind = transfer.move ? StepKind::move : StepKind::copy;
  step.to = transfer.move ? transfer.move : transfer.copy;
  return true;
}

json::value write_step(const RouteStep& step) {
  switch (step.kind) {
    case StepKind::keep:
    case StepKind::remove:
    case StepKind::quarantine:
      return plain_step().write(step.kind);
    case StepKind::move:
      return json::object{{"move", destination().write(step.to.value_or(Destination()))}};
    case StepKind::copy:
      return json::object{{"copy", destination().write(step.to.value_or(Destination()))}};
  }
  return nullptr;
}

json::object schema_of_step() {
  const auto transfer = [](const char* name) {
    return json::object{{"type", "object"},
                        {"additionalProperties", false},
                        {"required", json::array{name}},
                        {"properties", json::object{{name, destination().schema()}}}};
  };
  return {{"oneOf", json::array{plain_step().schema(), transfer("move"), transfer("copy")}}};
}

std::string problem_of(const Route& route) {
  const auto has = [&](StepKind kind) {
    return std::any_of(route.begin(), route.end(), [&](const auto& s) { return s.kind == kind; });
  };
  if (has(StepKind::keep) && has(StepKind::remove)) return "keep and delete contradict each other";
  return "";
}

const Codec<Route>& route() {
  static const auto codec =
      checked(list_codec(Codec<RouteStep>{read_step, write_step, schema_of_step},
                         {.least = 1, .most = kStepsMax, .unique = true}),
              problem_of);
  return codec;
}

const Codec<std::vector<std::string>>& patterns() {
  static const auto codec = list_codec(plain_text_codec(glob_rule()), {.most = kPatternsMax});
  return codec;
}

/// A policy that includes nothing would protect nothing, and nobody would notice.
const Codec<std::vector<std::string>>& some_patterns() {
  static const auto codec =
      list_codec(plain_text_codec(glob_rule()), {.least = 1, .most = kPatternsMax});
  return codec;
}

std::string text_of(std::chrono::hours age) {
  if (age == std::chrono::hours(0)) return "off";
  const bool is_days = age.count() % 24 == 0;
  return std::to_string(is_days ? age.count() / 24 : age.count()) + (is_days ? "d" : "h");
}

// "off" is zero.
const Codec<std::chrono::hours>& age() {
  static const auto text = plain_text_codec(age_rule());
  static const Codec<std::chrono::hours> codec{
      .read =
          [](const SettingsNode& node, const Where& where, std::chrono::hours& value) {
            std::string read;
            if (!text.read(node, where, read)) return false;
            const auto count = parse_u64(std::string_view(read).substr(0, read.size() - 1));
            value = std::chrono::hours(count.value_or(0) * (read.back() == 'd' ? 24 : 1));
            return true;
          },
      .write = [](const std::chrono::hours& value) -> json::value {
        return text.write(text_of(value));
      },
      .schema = text.schema};
  return codec;
}

// Policy states everything, PolicyOverride what it likes; they have the same members.
template <typename P>
Fields policy_fields(P& policy) {
  static const auto skip_scanned = choice_codec<SkipScanned>({{"sealed", SkipScanned::sealed},
                                                              {"tagged", SkipScanned::tagged},
                                                              {"never", SkipScanned::never}});
  static const auto collision =
      choice_codec<Collision>({{"version", Collision::version}, {"fail", Collision::fail}});
  return {
      field("skip_scanned", "Which tags of ours spare an object the engine", skip_scanned,
            policy.skip_scanned),
      field("skip_scanned_max_age", "A verdict that is older spares nothing", age(),
            policy.skip_scanned_max_age),
      field("collision", "What a move does when its destination exists", collision,
            policy.collision),
      field("promote_without_conditions",
            "Whether Clean objects without versions leave on stores that ignore conditions",
            boolean(), policy.promote_without_conditions),
      field("quarantine", "The bucket of the step quarantine; without it the region's own",
            bucket_name(), policy.quarantine),
      field("include", "Patterns of the keys that are scanned", some_patterns(), policy.include),
      field("exclude", "Patterns of the keys that are not; they win", patterns(), policy.exclude),
      group("on", "What becomes of an object, by its verdict",
            {field("clean", "Steps for Clean", route(), policy.on_clean),
             field("infected", "Steps for Infected", route(), policy.on_infected),
             field("unscannable", "Steps for Unscannable", route(), policy.on_unscannable),
             field("suspicious", "Steps for Suspicious", route(), policy.on_suspicious),
             field("error", "Steps for Error", route(), policy.on_error)})};
}

Fields fields_of(Policy& policy) { return policy_fields(policy); }
Fields fields_of(PolicyOverride& policy) { return policy_fields(policy); }

Fields fields_of(BucketPolicy& entry) {
  Fields fields = {
      required(field("name", "The bucket", bucket_name(), entry.bucket)),
      field("prefix", "Of the keys; empty: the whole bucket", key_prefix(), entry.prefix)};
  for (Field& one : policy_fields(entry.stated)) fields.push_back(std::move(one));
  return fields;
}

std::string problem_of(const BucketPolicy& entry) {
  for (const auto& stated :
       {entry.stated.on_clean, entry.stated.on_infected, entry.stated.on_unscannable,
        entry.stated.on_suspicious, entry.stated.on_error}) {
    for (const RouteStep& step : stated.value_or(Route())) {
      if (step.to && step.to->bucket == entry.bucket && step.to->prefix.empty()) {
        return "a route leads from bucket " + entry.bucket.str() +
               " to the same place; name another bucket or a prefix";
      }
    }
  }
  if (entry.stated.quarantine == entry.bucket) {
    return "bucket " + entry.bucket.str() + " would be its own quarantine, which is not scanned";
  }
  return "";
}

// The list with one entry for each place.
const Codec<std::vector<BucketPolicy>>& buckets() {
  static const auto plain =
      list_codec(checked(table_codec<BucketPolicy>(fields_of), problem_of), {});
  static const Codec<std::vector<BucketPolicy>> codec{
      .read =
          [](const SettingsNode& node, const Where& where, std::vector<BucketPolicy>& value) {
            if (!plain.read(node, where, value)) return false;
            std::set<std::pair<BucketName, std::string>> seen;
            bool good = true;
            for (std::size_t i = 0; i < value.size(); ++i) {
              if (seen.emplace(value[i].bucket, value[i].prefix).second) continue;
              good = where.item(i).refuse(node.items[i],
                                          "bucket " + value[i].bucket.str() +
                                              " with this prefix stands in the list already");
            }
            return good;
          },
      .write = plain.write,
      .schema = plain.schema};
  return codec;
}

const Codec<std::map<Region, PolicyOverride>>& regions() {
  static const auto codec =
      map_codec<Region>(region_rule(), table_codec<PolicyOverride>(fields_of));
  return codec;
}

// --- allow -----------------------------------------------------------------------------------

const Codec<std::string>& sha256_text() {
  static const auto plain = plain_text_codec(sha256_rule());
  static const Codec<std::string> codec{
      .read =
          [](const SettingsNode& node, const Where& where, std::string& value) {
            if (!plain.read(node, where, value)) return false;
            value = lower(value);
            return true;
          },
      .write = plain.write,
      .schema = plain.schema};
  return codec;
}

const Codec<SystemTime>& time() {
  static const auto text = plain_text_codec(time_rule());
  static const Codec<SystemTime> codec{
      .read =
          [](const SettingsNode& node, const Where& where, SystemTime& value) {
            std::string read;
            if (!text.read(node, where, read)) return false;
            const Result<SystemTime> parsed = parse_rfc3339(read);
            if (!parsed) return where.refuse(node, "this is not " + time_rule().what);
            // Documents are written to the millisecond, so nothing finer is kept.
            value = std::chrono::floor<std::chrono::milliseconds>(*parsed);
            return true;
          },
      .write = [](const SystemTime& value) -> json::value { return text.write(rfc3339_ms(value)); },
      .schema = text.schema};
  return codec;
}

Fields fields_of(AllowEntry& entry) {
  static const auto signature = plain_text_codec(signature_rule());
  return {required(field("sha256", "Of the whole content", sha256_text(), entry.sha256)),
          required(field("signature", "The signature that finds it", signature, entry.signature)),
          field("bucket", "Only in this bucket", bucket_name(), entry.bucket),
          field("prefix", "Only under this prefix of the bucket", key_prefix(), entry.prefix),
          field("expires", "Not allowed any more from then on", time(), entry.expires)};
}

std::string problem_of(const AllowEntry& entry) {
  if (entry.prefix.empty() || entry.bucket) return "";
  return "a prefix is one of a bucket: \"bucket\" is missing";
}

const Codec<std::vector<AllowEntry>>& allow() {
  static const auto codec = list_codec(checked(table_codec<AllowEntry>(fields_of), problem_of), {});
  return codec;
}

// --- the document ----------------------------------------------------------------------------

// A member without a value of its own: there is one schema so far.
Field schema_number() {
  return required({.name = "schema",
                   .about = "The version of the format: 1",
                   .read =
                       [](const SettingsNode& node, const Where& where) {
                         if (node.kind == SettingsNode::Kind::integer && node.integer == 1)
                           return true;
                         return where.refuse(node, "1 is the only schema that this program knows");
                       },
                   .write = []() -> std::optional<json::value> { return json::value(1); },
                   .schema =
                       [] {
                         return json::object{{"type", "integer"}, {"enum", json::array{1}}};
                       }});
}

Fields fields_of(Settings& settings) {
  static const auto tags = table_codec<TagSettings>(fields_of);
  static const auto results = table_codec<ResultSettings>(fields_of);
  static const auto notifications = table_codec<NotificationSettings>(fields_of);
  static const auto defaults = table_codec<Policy>(fields_of);
  static const auto engine = table_codec<EngineSettings>(fields_of);
  static const auto sweep = table_codec<SweepSettings>(fields_of);
  static const auto brake = table_codec<BrakeSettings>(fields_of);
  return {
      schema_number(),
      field("tags", "What is written on objects", tags, settings.tags),
      field("results", "Where results go", results, settings.results),
      field("notifications", "Results for the notification topic", notifications,
            settings.notifications),
      field("defaults", "The policy of every object", defaults, settings.policies.defaults),
      field("regions", "What a region's buckets have otherwise", regions(),
            settings.policies.regions),
      field("buckets", "What a bucket, or a prefix of it, has otherwise", buckets(),
            settings.policies.buckets),
      field("engine", "Taken when an agent starts", engine, settings.engine),
      field("sweep", "Looking for objects without a verdict", sweep, settings.sweep),
      field("brake", "What new signatures may do when they find too much", brake, settings.brake),
      field("allow", "Contents that are wanted although a signature finds them", allow(),
            settings.allow),
      field("accounts", "Other accounts with protected buckets", accounts_codec(),
            settings.accounts),
      field("owners", "Buckets of other accounts that routes and quarantines lead to",
            owners_codec(), settings.owners)};
}

// What lies in one of our own buckets is not scanned again, and the system bucket says how Cordon
// works: neither is a place for anybody's objects.
std::string problem_of_own_buckets(const PolicySet& policies) {
  for (const BucketName& bucket : route_destinations(policies)) {
    if (is_own_bucket(bucket, policies)) {
      return "a route leads into " + bucket.str() +
             ", which is a bucket of Cordon's own (a quarantine or a system bucket); what is to go "
             "to quarantine takes the step quarantine";
    }
  }
  for (const BucketName& bucket : named_quarantines(policies)) {
    if (is_system_bucket(bucket)) {
      return bucket.str() + " is a system bucket of Cordon and cannot be a quarantine";
    }
  }
  return "";
}

std::string problem_of(const Settings& settings) {
  if (auto problem = problem_of_destinations(settings.policies)) return *std::move(problem);
  std::string problem = problem_of_own_buckets(settings.policies);
  if (!problem.empty()) return problem;
  return problem_of_circles(settings.policies).value_or("");
}

}  // namespace

const Codec<Settings>& settings_codec() {
  static const auto codec = checked(table_codec<Settings>(fields_of), problem_of);
  return codec;
}

}  // namespace cordon
