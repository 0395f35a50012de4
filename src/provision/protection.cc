#include "provision/protection.h"

#include <algorithm>
#include <utility>

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr const char* kObjectCreated = "s3:ObjectCreated:*";
constexpr int kReceivesMax = 5;

// "s3:ObjectCreated:*" covers "s3:ObjectCreated:Put"; equal names cover each other.
bool event_covers(std::string_view wide, std::string_view narrow) {
  if (wide == narrow) return true;
  return wide.ends_with('*') && narrow.starts_with(wide.substr(0, wide.size() - 1));
}

bool events_meet(const NotificationEntry& a, const NotificationEntry& b) {
  for (const std::string& x : a.events) {
    for (const std::string& y : b.events) {
      if (event_covers(x, y) || event_covers(y, x)) return true;
    }
  }
  return false;
}

NotificationEntry our_entry(const Deployment& deployment, const std::string& topic_arn) {
  return NotificationEntry{.id = deployment.notification_id(),
                           .target = NotificationEntry::Target::topic,
                           .arn = topic_arn,
                           .events = {kObjectCreated},
                           .prefix = "",
                           .suffix = "",
                           .verbatim = ""};
}

// The id may have been taken over or edited by somebody: ours is the entry with our id and topic.
bool is_ours(const NotificationEntry& entry, const NotificationEntry& ours) {
  return entry.id == ours.id && entry.target == ours.target && entry.arn == ours.arn;
}

bool is_as_meant(const NotificationEntry& entry, const NotificationEntry& ours) {
  return is_ours(entry, ours) && entry.events == ours.events && entry.prefix.empty() &&
         entry.suffix.empty();
}

const NotificationEntry* find_overlap(const BucketNotifications& present,
                                      const NotificationEntry& ours) {
  for (const NotificationEntry& entry : present.entries) {
    if (!is_ours(entry, ours) && overlaps(entry, ours)) return &entry;
  }
  return nullptr;
}

const char* kind_of(NotificationEntry::Target target) {
  switch (target) {
    case NotificationEntry::Target::topic:
      return "topic";
    case NotificationEntry::Target::queue:
      return "queue";
    case NotificationEntry::Target::function:
      return "function";
  }
  return "target";
}

void add(ProvisionReport& report, std::string what, std::string name, State state,
         std::string note = {}) {
  report.steps.push_back({std::move(what), std::move(name), state, std::move(note)});
}

bool complete(const ProvisionReport& report) {
  return std::none_of(report.steps.begin(), report.steps.end(), [](const ProvisionStep& step) {
    return step.state == State::missing || step.state == State::removed;
  });
}

}  // namespace

bool overlaps(const NotificationEntry& a, const NotificationEntry& b) {
  const bool prefixes = a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix);
  const bool suffixes = a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix);
  return prefixes && suffixes && events_meet(a, b);
}

std::string_view name_of(ProvisionStep::State state) {
  switch (state) {
    case State::present:
      return "present";
    case State::created:
      return "created";
    case State::changed:
      return "changed";
    case State::removed:
      return "removed";
    case State::missing:
      return "missing";
    case State::kept:
      return "kept";
  }
  return "missing";
}

Protection::Protection(const Deployment& deployment, AccountId account, Region home,
                       RegionAdminSource regions, bool tls_only)
    : deployment_(deployment),
      account_(std::move(account)),
      home_(std::move(home)),
      regions_(std::move(regions)),
      tls_only_(tls_only) {}

std::string Protection::arn(std::string_view service, const Region& region,
                            const std::string& name) const {
  return "arn:" + std::string(partition_of(region)) + ":" + std::string(service) + ":" +
         region.str() + ":" + account_.str() + ":" + name;
}

Result<Protection::Place> Protection::place_of(const BucketName& bucket, Deadline deadline,
                                               std::stop_token stop) {
  CORDON_TRY(RegionAdmin home, regions_(home_));
  CORDON_TRY(Region region, home.buckets.region_of(bucket, deadline, stop));
  CORDON_TRY(RegionAdmin admin, regions_(region));
  return Place{std::move(region), admin};
}

Result<bool> Protection::refuses(const BucketName& bucket) const {
  // Scanning our own quarantine would move infected objects in circles.
  if (bucket.str().starts_with("cordon-quarantine-") ||
      bucket.str().starts_with("cordon-system-")) {
    return Error{Errc::invalid,
                 "bucket " + bucket.str() + " belongs to Cordon and is not protected"};
  }
  return false;
}

Result<std::string> Protection::ensure_topic(Place& place, ProvisionReport& report,
                                             Deadline deadline, std::stop_token stop) {
  TopicAdmin& topics = place.admin.topics;
  const std::string expected = arn("sns", place.region, deployment_.event_topic());
  const Result<std::string> before = topics.policy(expected, deadline, stop);
  if (!before && before.error().code != Errc::not_found) return before.error();
  CORDON_TRY(std::string topic_arn, topics.ensure(deployment_.event_topic(), deadline, stop));
  CORDON_TRY(const std::string present, topics.policy(topic_arn, deadline, stop));
  State state = before ? State::present : State::created;
  if (!has_statement(present, kTopicFromS3Sid)) {
    CORDON_TRY(topics.set_policy(
        topic_arn, event_topic_policy(present, topic_arn, account_, place.region), deadline, stop));
    if (before) state = State::changed;
  }
  add(report, "topic", topic_arn, state);
  return topic_arn;
}

Result<std::string> Protection::ensure_queues(Place& place, const std::string& topic_arn,
                                              ProvisionReport& report, Deadline deadline,
                                              std::stop_token stop) {
  QueueAdmin& queues = place.admin.queues;
  const Result<QueueInfo> dead_before = queues.find(deployment_.dead_letters(), deadline, stop);
  CORDON_TRY(const QueueInfo dead,
             queues.ensure(deployment_.dead_letters(), QueueSettings{}, deadline, stop));
  add(report, "dead letters", dead.arn, dead_before ? State::present : State::created);

  const Result<QueueInfo> before = queues.find(deployment_.event_queue(), deadline, stop);
  const std::string queue_arn = arn("sqs", place.region, deployment_.event_queue());
  QueueSettings settings;
  settings.policy = event_queue_policy(queue_arn, topic_arn);
  settings.dead_letter_arn = dead.arn;
  settings.receives_max = kReceivesMax;
  CORDON_TRY(const QueueInfo queue,
             queues.ensure(deployment_.event_queue(), settings, deadline, stop));
  add(report, "queue", queue.arn, before ? State::present : State::created);
  return queue.arn;
}

Result<void> Protection::ensure_quarantine(Place& place, ProvisionReport& report, Deadline deadline,
                                           std::stop_token stop) {
  const BucketName name = deployment_.quarantine_bucket(account_, place.region);
  const Result<Versioning> before = place.admin.buckets.versioning(name, deadline, stop);
  CORDON_TRY(place.admin.buckets.ensure_private(
      PrivateBucket{name, tls_only_ ? private_bucket_policy(name, place.region) : "",
                    quarantine_days_},
      deadline, stop));
  std::string note;
  if (quarantine_days_ && *quarantine_days_ == 0) note = "objects do not expire";
  if (quarantine_days_ && *quarantine_days_ > 0) {
    note = "objects expire after " + std::to_string(*quarantine_days_) + " days";
  }
  add(report, "quarantine bucket", name.str(), before ? State::present : State::created,
      std::move(note));
  return {};
}

Result<void> Protection::ensure_notification(Place& place, const BucketName& bucket,
                                             const std::string& topic_arn, ProvisionReport& report,
                                             Deadline deadline, std::stop_token stop) {
  const NotificationEntry ours = our_entry(deployment_, topic_arn);
  CORDON_TRY(BucketNotifications present,
             place.admin.buckets.notifications(bucket, deadline, stop));
  const auto found = std::find_if(present.entries.begin(), present.entries.end(),
                                  [&](const auto& entry) { return is_ours(entry, ours); });
  if (found != present.entries.end() && is_as_meant(*found, ours)) {
    add(report, "notification", ours.id, State::present);
    return {};
  }
  if (const NotificationEntry* other = find_overlap(present, ours)) {
    return Error{Errc::invalid,
                 "bucket " + bucket.str() + " already sends object-created events to the " +
                     kind_of(other->target) + " " + other->arn + " (entry \"" + other->id +
                     "\"), and S3 allows one destination per event and key range; remove or narrow "
                     "that entry, then protect the bucket again"};
  }
  const State state = found == present.entries.end() ? State::created : State::changed;
  if (found != present.entries.end()) present.entries.erase(found);
  present.entries.push_back(ours);
  CORDON_TRY(place.admin.buckets.set_notifications(bucket, present, deadline, stop));
  add(report, "notification", ours.id, state);
  return {};
}

Result<ProvisionReport> Protection::protect(const BucketName& bucket, Deadline deadline,
                                            std::stop_token stop) {
  CORDON_TRY(refuses(bucket));
  CORDON_TRY(Place place, place_of(bucket, deadline, stop));
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  CORDON_TRY(const std::string topic_arn, ensure_topic(place, report, deadline, stop));
  CORDON_TRY(const std::string queue_arn, ensure_queues(place, topic_arn, report, deadline, stop));
  CORDON_TRY(const std::string subscription,
             place.admin.topics.subscribe_queue(topic_arn, queue_arn, deadline, stop));
  add(report, "subscription", subscription, State::present);
  CORDON_TRY(ensure_quarantine(place, report, deadline, stop));
  // Last: from now on events flow, and everything that they need is there.
  CORDON_TRY(ensure_notification(place, bucket, topic_arn, report, deadline, stop));
  CORDON_TRY(const Versioning versioning, place.admin.buckets.versioning(bucket, deadline, stop));
  if (versioning != Versioning::on) {
    add(report, "versioning", bucket.str(), State::kept,
        "not enabled: recommended, because only a version id binds tags to the scanned bytes "
        "without a race");
  }
  report.is_protected = true;
  return report;
}

Result<ProvisionReport> Protection::unprotect(const BucketName& bucket, Deadline deadline,
                                              std::stop_token stop) {
  CORDON_TRY(Place place, place_of(bucket, deadline, stop));
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  const NotificationEntry ours =
      our_entry(deployment_, arn("sns", place.region, deployment_.event_topic()));
  CORDON_TRY(BucketNotifications present,
             place.admin.buckets.notifications(bucket, deadline, stop));
  const auto removed = std::erase_if(
      present.entries, [&](const NotificationEntry& entry) { return is_ours(entry, ours); });
  if (removed > 0) {
    CORDON_TRY(place.admin.buckets.set_notifications(bucket, present, deadline, stop));
  }
  add(report, "notification", ours.id, removed > 0 ? State::removed : State::missing);
  return report;
}

Result<ProvisionReport> Protection::status(const BucketName& bucket, Deadline deadline,
                                           std::stop_token stop) {
  CORDON_TRY(Place place, place_of(bucket, deadline, stop));
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  const auto record = [&](const char* what, const std::string& name, bool there) {
    add(report, what, name, there ? State::present : State::missing,
        there ? "" : "run: cordon bucket protect " + bucket.str());
  };

  const std::string topic_arn = arn("sns", place.region, deployment_.event_topic());
  const Result<std::string> policy = place.admin.topics.policy(topic_arn, deadline, stop);
  if (!policy && policy.error().code != Errc::not_found) return policy.error();
  record("topic", topic_arn, policy.ok());
  record("topic policy", kTopicFromS3Sid, policy && has_statement(*policy, kTopicFromS3Sid));

  const Result<QueueInfo> queue =
      place.admin.queues.find(deployment_.event_queue(), deadline, stop);
  if (!queue && queue.error().code != Errc::not_found) return queue.error();
  const std::string queue_arn = arn("sqs", place.region, deployment_.event_queue());
  record("queue", queue_arn, queue.ok());
  const Result<QueueInfo> dead =
      place.admin.queues.find(deployment_.dead_letters(), deadline, stop);
  if (!dead && dead.error().code != Errc::not_found) return dead.error();
  record("dead letters", arn("sqs", place.region, deployment_.dead_letters()),
         dead && queue && queue->dead_letter_arn == dead->arn);

  bool subscribed = false;
  if (policy) {
    CORDON_TRY(const std::vector<Subscription> all,
               place.admin.topics.subscriptions(topic_arn, deadline, stop));
    subscribed = std::any_of(all.begin(), all.end(),
                             [&](const Subscription& s) { return s.endpoint == queue_arn; });
  }
  record("subscription", queue_arn, subscribed);

  const BucketName quarantine = deployment_.quarantine_bucket(account_, place.region);
  const Result<Versioning> stored = place.admin.buckets.versioning(quarantine, deadline, stop);
  if (!stored && stored.error().code != Errc::not_found) return stored.error();
  record("quarantine bucket", quarantine.str(), stored && *stored == Versioning::on);

  CORDON_TRY(const BucketNotifications present,
             place.admin.buckets.notifications(bucket, deadline, stop));
  const NotificationEntry ours = our_entry(deployment_, topic_arn);
  record("notification", ours.id,
         std::any_of(present.entries.begin(), present.entries.end(),
                     [&](const auto& entry) { return is_as_meant(entry, ours); }));
  report.is_protected = complete(report);
  return report;
}

Result<std::vector<ProvisionReport>> Protection::list(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(RegionAdmin home, regions_(home_));
  CORDON_TRY(const std::vector<BucketName> buckets, home.buckets.list(deadline, stop));
  std::vector<ProvisionReport> reports;
  for (const BucketName& bucket : buckets) {
    Result<ProvisionReport> report = status(bucket, deadline, stop);
    if (!report) {
      if (report.error().code == Errc::cancelled) return report.error();
      ProvisionReport unknown{.bucket = bucket, .region = Region("?"), .steps = {}};
      unknown.steps.push_back({"status", bucket.str(), State::missing, report.error().what});
      reports.push_back(std::move(unknown));
      continue;
    }
    reports.push_back(*std::move(report));
  }
  return reports;
}

}  // namespace cordon
