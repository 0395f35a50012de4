#include "provision/protection.h"

#include <algorithm>
#include <utility>

#include "base/parallel_for.h"
#include "base/text.h"
#include "core/own_buckets.h"
#include "core/partition.h"
#include "provision/event_path.h"
#include "provision/member_upkeep.h"
#include "provision/own_bucket.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr int kReceivesMax = 5;
// One look at a bucket is three or four requests, which are spent waiting.
constexpr std::size_t kLookupThreads = 32;
constexpr std::size_t kLookupsPerThreadMin = 8;

bool complete(const ProvisionReport& report) {
  return std::none_of(report.steps.begin(), report.steps.end(), [](const ProvisionStep& step) {
    return step.state == State::missing || step.state == State::removed;
  });
}

// Found, or not there: every other answer is an error.
Result<std::optional<QueueInfo>> if_there(Result<QueueInfo> found) {
  if (found) return std::optional<QueueInfo>(*std::move(found));
  if (found.error().code == Errc::not_found) return std::optional<QueueInfo>();
  return std::move(found).error();
}

}  // namespace

Protection::Protection(const Deployment& deployment, AccountId account, Region home,
                       RegionAdminSource regions, RegionWiringSource wiring, MembersSource members,
                       bool tls_only)
    : deployment_(deployment),
      account_(std::move(account)),
      home_(std::move(home)),
      regions_(std::move(regions)),
      wiring_(std::move(wiring)),
      members_(std::move(members)),
      tls_only_(tls_only),
      results_queue_(deployment_, account_, home_, regions_) {}

std::string Protection::arn(std::string_view service, const Region& region,
                            const std::string& name) const {
  return regional_arn(service, region, account_, name);
}

WiringNames Protection::names_in(const Region& region) const {
  return WiringNames{deployment_, account_, region, arn("sns", region, deployment_.event_topic()),
                     arn("sqs", region, deployment_.event_queue())};
}

Result<Protection::Place> Protection::place_of(const BucketName& bucket, Deadline deadline,
                                               std::stop_token stop) {
  CORDON_TRY(RegionAdmin home, regions_(home_));
  CORDON_TRY(BucketAdmin * home_buckets, buckets_in(home_, home));
  CORDON_TRY(const Region region, home_buckets->region_of(bucket, deadline, std::move(stop)));
  return place_in(region);
}

Result<Protection::Place> Protection::place_in(const Region& region) {
  CORDON_TRY(const RegionAdmin admin, regions_(region));
  CORDON_TRY(const RegionWiring wiring, wiring_(region));
  CORDON_TRY(BucketAdmin * buckets, buckets_in(region, admin));
  return Place{region, admin, wiring, *buckets};
}

Result<BucketAdmin*> Protection::buckets_in(const Region& region, RegionAdmin admin) {
  if (member_) return member_->buckets(region);
  return &admin.buckets;
}

RegionWiring Protection::wiring_ports(const Place& place) {
  if (!member_) return place.wiring;
  return RegionWiring{foreign_listening_, foreign_bus_, place.wiring.shares};
}

BucketWiring Protection::wiring_of(const Place& place, const WiringNames& names,
                                   const BucketName& bucket) {
  const RegionAdmin admin{place.buckets, place.admin.topics, place.admin.queues};
  return BucketWiring(admin, wiring_ports(place), names, bucket);
}

Result<std::string> Protection::wanted_topic_policy(const std::string& present,
                                                    const Region& region, Deadline deadline,
                                                    std::stop_token stop) const {
  CORDON_TRY(const std::vector<MemberAccount> known, members_(deadline, std::move(stop)));
  return event_topic_policy(present, arn("sns", region, deployment_.event_topic()), account_,
                            region, event_senders(known, account_));
}

// Only a notification of its own leads from another account to our topic: its event bus and topics
// would need rights and confirmations there that this role does not have.
Result<void> Protection::check_member_bucket(Place& place, const WiringNames& names,
                                             const BucketName& bucket, Deadline deadline,
                                             std::stop_token stop) {
  CORDON_TRY(BucketNotifications present,
             place.buckets.notifications(bucket, deadline, std::move(stop)));
  const NotificationEntry ours{.id = names.deployment.notification_id(),
                               .target = NotificationEntry::Target::topic,
                               .arn = names.topic_arn,
                               .events = {"s3:ObjectCreated:*"},
                               .prefix = "",
                               .suffix = "",
                               .verbatim = ""};
  std::erase_if(present.entries, [&](const NotificationEntry& one) {
    return one.id == ours.id && one.arn == ours.arn;
  });
  const WiringPlan plan = plan_wiring(present, ours);
  if (plan.way == WiringWay::entry) return {};
  return Error{Errc::invalid, "bucket " + bucket.str() + " of account " +
                                  member_->account.id.str() +
                                  " cannot be protected from here: " + plan.why +
                                  "; in another account only a notification of its own can lead "
                                  "to us, so make room for it"};
}

Result<void> Protection::enrol(const BucketName& bucket, ProvisionReport& report, Deadline deadline,
                               std::stop_token stop) {
  CORDON_TRY(const bool is_new, member_->enrol(bucket, deadline, std::move(stop)));
  report.add(ProvisionPart::member_account, member_->account.id.str(),
             is_new ? State::created : State::present,
             "agents take on " + member_->account.role_arn);
  return {};
}

// Those where a member may be let in. Where the protected set cannot be read, agents ask the
// buckets, and so may we; ours is always one.
Result<std::set<Region>> Protection::known_regions(Deadline deadline, std::stop_token stop) const {
  const MemberUpkeep upkeep(deployment_, account_, home_, regions_, tls_only_);
  if (register_ == nullptr) return upkeep.regions_in({});
  const Result<ProtectedDocument> set = register_->current(deadline, std::move(stop));
  if (!set && set.error().code == Errc::cancelled) return set.error();
  return upkeep.regions_in(set ? *set : ProtectedDocument());
}

// The members are those of all regions, so a new one is let in, and one that left shut out, in all.
Result<void> Protection::settle_members(std::set<Region> regions, ProvisionReport& report,
                                        Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::vector<MemberAccount> known, members_(deadline, stop));
  MemberUpkeep upkeep(deployment_, account_, home_, regions_, tls_only_);
  return upkeep.settle(known, regions, report.steps, deadline, std::move(stop));
}

// Whether agents knew of it.
Result<bool> Protection::dismiss(std::set<Region> regions, ProvisionReport& report,
                                 Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const bool was_known, member_->dismiss(report.bucket, deadline, stop));
  report.add(ProvisionPart::member_account, member_->account.id.str(),
             was_known ? State::removed : State::missing,
             was_known ? "agents no longer take on its role for this bucket" : "");
  // What it could publish and copy before, it cannot any more.
  CORDON_TRY(settle_members(std::move(regions), report, deadline, std::move(stop)));
  return was_known;
}

// Scanning a quarantine would move infected objects in circles.
Result<void> Protection::check_not_own(const BucketName& bucket, Deadline deadline,
                                       std::stop_token stop) const {
  if (const std::optional<std::string> why = why_not_protectable(bucket)) {
    return usage_error("bucket " + utf8_clean(bucket.str(), 128) + " cannot be protected: " + *why);
  }
  PolicySet policies;
  if (policies_) {
    CORDON_TRY(policies, policies_(deadline, std::move(stop)));
  }
  if (!is_own_bucket(bucket, policies)) return {};
  return Error{Errc::invalid, "bucket " + bucket.str() +
                                  " belongs to Cordon (its name says so, or the settings name it "
                                  "as a quarantine) and is not protected"};
}

Result<std::string> Protection::ensure_topic(Place& place, ProvisionReport& report,
                                             Deadline deadline, std::stop_token stop) {
  TopicAdmin& topics = place.admin.topics;
  std::string topic_arn = arn("sns", place.region, deployment_.event_topic());
  Result<std::string> present = topics.policy(topic_arn, deadline, stop);
  if (!present && present.error().code != Errc::not_found) return present.error();
  State state = present ? State::present : State::created;
  if (!present) {
    CORDON_TRY(topic_arn, topics.ensure(deployment_.event_topic(), deadline, stop));
    present = topics.policy(topic_arn, deadline, stop);
    CORDON_TRY(present);
  }
  CORDON_TRY(const std::string wanted, wanted_topic_policy(*present, place.region, deadline, stop));
  if (!is_same_policy(*present, wanted)) {
    CORDON_TRY(topics.set_policy(topic_arn, wanted, deadline, std::move(stop)));
    if (state == State::present) state = State::changed;
  }
  report.add(ProvisionPart::topic, topic_arn, state);
  return topic_arn;
}

Result<std::string> Protection::ensure_queues(Place& place, const std::string& topic_arn,
                                              ProvisionReport& report, Deadline deadline,
                                              std::stop_token stop) {
  QueueAdmin& queues = place.admin.queues;
  CORDON_TRY(const auto dead_before,
             if_there(queues.find(deployment_.dead_letters(), deadline, stop)));
  CORDON_TRY(const EnsuredQueue dead, ensure_queue(queues, deployment_.dead_letters(), dead_before,
                                                   QueueSettings{}, deadline, stop));
  report.add(ProvisionPart::dead_letters, dead.info.arn, dead.state);

  // What others wrote into its policy is not written over because it could not be looked at.
  CORDON_TRY(const auto before, if_there(queues.find(deployment_.event_queue(), deadline, stop)));
  const std::string queue_arn = arn("sqs", place.region, deployment_.event_queue());
  QueueSettings settings{.dead_letter_arn = dead.info.arn, .receives_max = kReceivesMax};
  const std::string present = before ? before->policy : "";
  std::vector<std::string> topics = topics_let_in(present);
  if (std::find(topics.begin(), topics.end(), topic_arn) == topics.end()) {
    topics.insert(topics.begin(), topic_arn);
  }
  CORDON_TRY(settings.policy, event_queue_policy(present, queue_arn, topics));
  CORDON_TRY(const EnsuredQueue queue,
             ensure_queue(queues, deployment_.event_queue(), before, settings, deadline, stop));
  report.add(ProvisionPart::queue, queue.info.arn, queue.state);

  // Without a policy: nobody but this account's own roles sends to it.
  CORDON_TRY(const auto sweep_before,
             if_there(queues.find(deployment_.sweep_queue(), deadline, stop)));
  QueueSettings sweep_settings{.dead_letter_arn = dead.info.arn, .receives_max = kReceivesMax};
  if (sweep_before) sweep_settings.policy = sweep_before->policy;
  CORDON_TRY(const EnsuredQueue sweep, ensure_queue(queues, deployment_.sweep_queue(), sweep_before,
                                                    sweep_settings, deadline, std::move(stop)));
  report.add(ProvisionPart::sweep_queue, sweep.info.arn, sweep.state);
  return queue.info.arn;
}

Result<void> Protection::ensure_quarantine(Place& place, ProvisionReport& report, Deadline deadline,
                                           std::stop_token stop) {
  const BucketName name = deployment_.quarantine_bucket(account_, place.region);
  CORDON_TRY(const std::vector<MemberAccount> known, members_(deadline, stop));
  CORDON_TRY(State state,
             ensure_own_bucket(place.admin.buckets, {.name = name, .expire_days = quarantine_days_},
                               deadline, stop));
  const PolicyEdit edit = [&](const std::string& present) {
    return quarantine_policy(present, name, place.region, tls_only_, known);
  };
  CORDON_TRY(const bool edited,
             edit_policy(place.admin.buckets, name, edit, deadline, std::move(stop)));
  if (edited && state == State::present) state = State::changed;
  std::string note;
  if (quarantine_days_ && *quarantine_days_ == 0) note = "objects do not expire";
  if (quarantine_days_ && *quarantine_days_ > 0) {
    note = "objects expire after " + std::to_string(*quarantine_days_) + " days";
  }
  report.add(ProvisionPart::quarantine_bucket, name.str(), state, std::move(note));
  return {};
}

Result<std::string> Protection::ensure_region(Place& place, ProvisionReport& report,
                                              Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::string topic_arn, ensure_topic(place, report, deadline, stop));
  CORDON_TRY(const std::string queue_arn, ensure_queues(place, topic_arn, report, deadline, stop));
  CORDON_TRY(ProvisionStep hearing,
             ensure_hearing(place.admin.topics, topic_arn, queue_arn, deadline, stop));
  report.steps.push_back(std::move(hearing));
  CORDON_TRY(ensure_quarantine(place, report, deadline, stop));
  return topic_arn;
}

Result<std::string> Protection::prepare(const Region& region, ProvisionReport& report,
                                        Deadline deadline, std::stop_token stop) {
  CORDON_TRY(Place place, place_in(region));
  CORDON_TRY(check_name_lengths(deployment_, account_, region));
  return ensure_region(place, report, deadline, std::move(stop));
}

Result<ProvisionReport> Protection::protect(const BucketName& bucket, Deadline deadline,
                                            std::stop_token stop) {
  CORDON_TRY(check_not_own(bucket, deadline, stop));
  CORDON_TRY(Place place, place_of(bucket, deadline, stop));
  CORDON_TRY(check_name_lengths(deployment_, account_, place.region));
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  const WiringNames names = names_in(place.region);
  if (member_) {
    CORDON_TRY(check_member_bucket(place, names, bucket, deadline, stop));
    CORDON_TRY(enrol(bucket, report, deadline, stop));
    CORDON_TRY(std::set<Region> others, known_regions(deadline, stop));
    others.erase(place.region);
    CORDON_TRY(settle_members(std::move(others), report, deadline, stop));
  }
  CORDON_TRY(ensure_region(place, report, deadline, stop));
  // Now that everything is there that events need: from here on they flow.
  CORDON_TRY(wiring_of(place, names, bucket).connect(report, deadline, stop));
  // Only what is wired: until agents have read it they ask the bucket.
  CORDON_TRY(enter(place, report, deadline, stop));
  CORDON_TRY(results_queue_.ensure(report, deadline, stop));
  CORDON_TRY(const Versioning versioning, place.buckets.versioning(bucket, deadline, stop));
  if (versioning != Versioning::on) {
    report.add(ProvisionPart::versioning, bucket.str(), State::kept,
               "not enabled: recommended, because only a version id binds tags to the scanned "
               "bytes without a race");
  }
  report.is_protected = true;
  return report;
}

Result<ProvisionReport> Protection::unprotect(const BucketName& bucket, Deadline deadline,
                                              std::stop_token stop) {
  Result<Place> found = place_of(bucket, deadline, stop);
  bool is_out_of_reach = !found && found.error().code == Errc::not_found;
  if (!found && found.error().code == Errc::denied) {
    CORDON_TRY(is_out_of_reach, is_anothers(bucket, deadline, stop));
  }
  if (is_out_of_reach) return forget(bucket, found.error(), deadline, std::move(stop));
  CORDON_TRY(Place place, std::move(found));
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  const WiringNames names = names_in(place.region);
  std::set<Region> regions;
  if (member_) {
    CORDON_TRY(regions, known_regions(deadline, stop));
    regions.insert(place.region);
  }
  CORDON_TRY(wiring_of(place, names, bucket).disconnect(report, deadline, stop));
  CORDON_TRY(leave(report, deadline, stop));
  if (member_) CORDON_TRY(dismiss(std::move(regions), report, deadline, std::move(stop)));
  return report;
}

// By what the command was told, or by the protected set where the settings no longer say.
Result<bool> Protection::is_anothers(const BucketName& bucket, Deadline deadline,
                                     std::stop_token stop) const {
  if (member_) return true;
  if (register_ == nullptr) return false;
  CORDON_TRY(const ProtectedDocument set, register_->current(deadline, std::move(stop)));
  const auto entry = set.buckets.find(bucket);
  return entry != set.buckets.end() && entry->second.account != account_;
}

// Nothing is wired any more, or nobody here may undo it; whoever makes a bucket of that name must
// not be protected by it, and agents do not act where they may not.
Result<ProvisionReport> Protection::forget(const BucketName& bucket, const Error& why,
                                           Deadline deadline, std::stop_token stop) {
  ProvisionReport report{.bucket = bucket, .region = home_, .steps = {}};
  std::set<Region> regions;
  if (member_) {  // Before its entry is gone.
    CORDON_TRY(regions, known_regions(deadline, stop));
  }
  CORDON_TRY(leave(report, deadline, stop));
  bool was_known = !report.steps.empty();
  if (member_) {
    CORDON_TRY(const bool was_member, dismiss(std::move(regions), report, deadline, stop));
    was_known = was_known || was_member;
  }
  if (!was_known) return why;
  if (why.code == Errc::not_found) return report;
  report.add(ProvisionPart::notification, deployment_.notification_id(), State::kept,
             "the bucket is out of reach: an entry of ours there stays until its owner removes it, "
             "and leads nowhere");
  report.left = why;
  return report;
}

Result<void> Protection::enter(const Place& place, ProvisionReport& report, Deadline deadline,
                               std::stop_token stop) {
  if (register_ == nullptr) return {};
  const AccountId& owner = member_ ? member_->account.id : account_;
  CORDON_TRY(ProvisionStep step, entry_step(register_->add(report.bucket, owner, place.region,
                                                           kByEvents, deadline, std::move(stop))));
  report.steps.push_back(std::move(step));
  return {};
}

Result<void> Protection::leave(ProvisionReport& report, Deadline deadline, std::stop_token stop) {
  if (register_ == nullptr) return {};
  const Result<bool> removed =
      register_->remove(report.bucket, kByEvents, deadline, std::move(stop));
  if (!removed) return not_removed(removed.error());
  if (*removed) report.steps.push_back(removal_step());
  return {};
}

Result<bool> Protection::leads_here(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const Place place, place_in(home_));
  const WiringNames names = names_in(home_);
  return wiring_of(place, names, bucket).leads_here(deadline, std::move(stop));
}

Result<ProvisionReport> Protection::status(const BucketName& bucket, Deadline deadline,
                                           std::stop_token stop) {
  CORDON_TRY(Place place, place_of(bucket, deadline, stop));
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  const WiringNames names = names_in(place.region);
  CORDON_TRY(inspect_region(place, names, report, deadline, stop));
  CORDON_TRY(inspect_quarantine(place, report, deadline, stop));
  CORDON_TRY(inspect_keys(place, names, report, deadline, stop));
  CORDON_TRY(wiring_of(place, names, bucket).inspect(report, deadline, stop));
  report.is_protected = complete(report);
  compare_with_set(known_set(deadline, stop), report);
  // The bucket is protected without it, only no console hears of it.
  CORDON_TRY(inspect_results_queue(report, deadline, std::move(stop)));
  return report;
}

Result<void> Protection::inspect_results_queue(ProvisionReport& report, Deadline deadline,
                                               std::stop_token stop) {
  const Result<ResultsQueue::Found> found = results_queue_.find(deadline, std::move(stop));
  if (found) {
    report.add(ProvisionPart::results_queue, found->queue.arn, State::present);
    return {};
  }
  if (found.error().code != Errc::not_found) return found.error();
  report.add(ProvisionPart::results_queue, deployment_.results_queue(), State::missing,
             "no console is told of problems; run: cordon bucket protect " + report.bucket.str());
  return {};
}

// Whoever may not look does without: agents ask the bucket then, and so may we.
std::optional<ProtectedDocument> Protection::known_set(Deadline deadline,
                                                       std::stop_token stop) const {
  if (register_ == nullptr) return std::nullopt;
  Result<ProtectedDocument> set = register_->current(deadline, std::move(stop));
  if (!set) return std::nullopt;
  return *std::move(set);
}

// The set remembers what was to be protected when nothing in the bucket does any more.
void Protection::compare_with_set(const std::optional<ProtectedDocument>& set,
                                  ProvisionReport& report) const {
  if (!set) return;
  const auto entry = set->buckets.find(report.bucket);
  const bool is_listed = entry != set->buckets.end() && entry->second.region == report.region &&
                         entry->second.ways.contains(kByEvents);
  const bool is_wired = report.has(ProvisionPart::notification, State::present);
  if (is_wired && !is_listed) {
    report.add(ProvisionPart::protected_set, report.bucket.str(), State::missing,
               "agents ask the bucket each time they forget it; run: cordon bucket protect " +
                   report.bucket.str());
  }
  if (is_wired || !is_listed) return;
  for (ProvisionStep& step : report.steps) {
    if (step.part != ProvisionPart::notification) continue;
    step.note = "it was protected, and somebody took this away; " + step.note;
  }
}

Result<ProvisionReport> Protection::region_status(const Region& region, Deadline deadline,
                                                  std::stop_token stop) {
  CORDON_TRY(Place place, place_in(region));
  ProvisionReport report{.bucket = BucketName(), .region = region, .steps = {}};
  CORDON_TRY(inspect_region(place, names_in(region), report, deadline, stop));
  CORDON_TRY(inspect_quarantine(place, report, deadline, std::move(stop)));
  report.is_protected = complete(report);
  return report;
}

Result<void> Protection::inspect_region(Place& place, const WiringNames& names,
                                        ProvisionReport& report, Deadline deadline,
                                        std::stop_token stop) {
  const std::string remedy = "run: cordon bucket protect " + report.bucket.str();
  const auto record = [&](ProvisionPart part, const std::string& name, bool there) {
    report.add(part, name, there ? State::present : State::missing, there ? "" : remedy);
  };
  const Result<std::string> policy = place.admin.topics.policy(names.topic_arn, deadline, stop);
  if (!policy && policy.error().code != Errc::not_found) return policy.error();
  record(ProvisionPart::topic, names.topic_arn, policy.ok());
  const Result<std::string> wanted =
      wanted_topic_policy(policy ? *policy : "", place.region, deadline, stop);
  // One that cannot be read is not as it should be; `protect` says what is wrong.
  if (!wanted && wanted.error().code != Errc::invalid) return wanted.error();
  record(ProvisionPart::topic_policy, kTopicFromS3Sid,
         policy && wanted && is_same_policy(*policy, *wanted));

  const Result<QueueInfo> queue =
      place.admin.queues.find(deployment_.event_queue(), deadline, stop);
  if (!queue && queue.error().code != Errc::not_found) return queue.error();
  // Which dead letters it has is told with those.
  const bool keeps = queue && keeps_messages(*queue, queue->dead_letter_arn);
  record(ProvisionPart::queue, names.queue_arn, keeps);
  const std::vector<std::string> let_in =
      queue ? topics_let_in(queue->policy) : std::vector<std::string>();
  bool lets_in = std::find(let_in.begin(), let_in.end(), names.topic_arn) != let_in.end();
  if (lets_in) {
    const auto meant = event_queue_policy(queue->policy, names.queue_arn, let_in);
    lets_in = meant && is_same_policy(queue->policy, *meant);
  }
  record(ProvisionPart::queue_policy, kQueueFromTopicSid, lets_in);
  const Result<QueueInfo> dead =
      place.admin.queues.find(deployment_.dead_letters(), deadline, stop);
  if (!dead && dead.error().code != Errc::not_found) return dead.error();
  record(ProvisionPart::dead_letters, arn("sqs", place.region, deployment_.dead_letters()),
         dead && keeps_messages(*dead, "") && queue && queue->dead_letter_arn == dead->arn);

  const Result<QueueInfo> sweep =
      place.admin.queues.find(deployment_.sweep_queue(), deadline, stop);
  if (!sweep && sweep.error().code != Errc::not_found) return sweep.error();
  record(ProvisionPart::sweep_queue, arn("sqs", place.region, deployment_.sweep_queue()),
         sweep && dead && keeps_messages(*sweep, dead->arn));

  bool subscribed = false;
  if (policy) {
    CORDON_TRY(subscribed, hears_everything(place.admin.topics, names.topic_arn, names.queue_arn,
                                            deadline, stop));
  }
  record(ProvisionPart::subscription, names.queue_arn, subscribed);

  const BucketName quarantine = deployment_.quarantine_bucket(account_, place.region);
  const Result<Versioning> stored = place.admin.buckets.versioning(quarantine, deadline, stop);
  if (!stored && stored.error().code != Errc::not_found) return stored.error();
  record(ProvisionPart::quarantine_bucket, quarantine.str(), stored && *stored == Versioning::on);
  return {};
}

// Nobody can give S3 or SNS rights on a key of AWS's own, so nothing arrives under one.
Result<void> Protection::inspect_keys(const Place& place, const WiringNames& names,
                                      ProvisionReport& report, Deadline deadline,
                                      std::stop_token stop) const {
  const Result<std::string> of_topic = place.admin.topics.kms_key(names.topic_arn, deadline, stop);
  if (!of_topic && of_topic.error().code != Errc::not_found) return of_topic.error();
  CORDON_TRY(const auto queue, if_there(place.admin.queues.find(deployment_.event_queue(), deadline,
                                                                std::move(stop))));
  const auto tell = [&](ProvisionPart part, const std::string& name,
                        const std::optional<std::string>& why) {
    if (!why) return;
    report.add(part, name, State::missing,
               *why + "; encrypt it with a key of your own, or without KMS");
  };
  if (of_topic) tell(ProvisionPart::topic, names.topic_arn, shut_topic(*of_topic));
  if (queue) tell(ProvisionPart::queue, names.queue_arn, shut_queue(queue->kms_key));
  return {};
}

// Whether the quarantine is closed: looked at when somebody asks how a region or bucket is, not
// with each list.
Result<void> Protection::inspect_quarantine(const Place& place, ProvisionReport& report,
                                            Deadline deadline, std::stop_token stop) const {
  const BucketName name = deployment_.quarantine_bucket(account_, place.region);
  const std::string remedy = "run: cordon bucket protect " + report.bucket.str();
  if (!report.has(ProvisionPart::quarantine_bucket, State::present)) return {};
  const Result<std::vector<std::string>> lacks =
      place.admin.buckets.private_lacks({.name = name}, deadline, stop);
  if (!lacks && lacks.error().code == Errc::denied) {
    report.add(ProvisionPart::quarantine_bucket, name.str(), State::kept,
               "whether it is closed cannot be seen: " + lacks.error().what);
    return {};
  }
  CORDON_TRY(lacks);
  for (const std::string& what : *lacks) {
    report.add(ProvisionPart::quarantine_bucket, name.str(), State::missing,
               what + " is not as it was meant; " + remedy);
  }
  CORDON_TRY(const std::string present, place.admin.buckets.policy(name, deadline, stop));
  CORDON_TRY(const std::vector<MemberAccount> known, members_(deadline, std::move(stop)));
  const Result<std::string> wanted =
      quarantine_policy(present, name, place.region, tls_only_, known);
  const bool is_meant = wanted && is_same_policy(present, *wanted);
  report.add(ProvisionPart::quarantine_policy, name.str(),
             is_meant ? State::present : State::missing, is_meant ? "" : remedy);
  return {};
}

// --- many buckets ------------------------------------------------------------------------------
//
// What a region has is looked at once, so that a bucket costs two requests: where it is, and what
// it announces.

/// What is known of one region while many buckets are looked at.
struct Protection::RegionSurvey {
  Place place;
  WiringNames names;
  RegionFacts facts;
  bool is_complete;
};

Result<Protection::RegionSurveyPtr> Protection::survey_region(const Region& region,
                                                              Deadline deadline,
                                                              std::stop_token stop) {
  CORDON_TRY(Place place, place_in(region));
  WiringNames names = names_in(region);
  const RegionAdmin admin{place.buckets, place.admin.topics, place.admin.queues};
  CORDON_TRY(RegionFacts facts, look_at_region(admin, wiring_ports(place), names, deadline, stop));
  ProvisionReport parts{.bucket = BucketName(), .region = region, .steps = {}};
  CORDON_TRY(inspect_region(place, names, parts, deadline, std::move(stop)));
  return RegionSurveyPtr(
      new RegionSurvey{place, std::move(names), std::move(facts), complete(parts)});
}

Protection::RegionSurveys Protection::survey_regions(const std::set<Region>& regions,
                                                     Deadline deadline,
                                                     const std::stop_token& stop) {
  const std::vector<Region> all(regions.begin(), regions.end());
  std::vector<Result<RegionSurveyPtr>> found;
  for (std::size_t i = 0; i < all.size(); ++i)
    found.emplace_back(Error{Errc::cancelled, "stopped"});
  parallel_for(all.size(), {.threads_max = kLookupThreads}, stop,
               [&](std::size_t i) { found[i] = survey_region(all[i], deadline, stop); });
  RegionSurveys surveys;
  for (std::size_t i = 0; i < all.size(); ++i) surveys.emplace(all[i], std::move(found[i]));
  return surveys;
}

Result<ProvisionReport> Protection::look_at(const BucketName& bucket,
                                            const Result<RegionSurveyPtr>& region,
                                            Deadline deadline, std::stop_token stop) {
  if (!region) return region.error();
  const auto& [place, names, facts, is_complete] = **region;
  ProvisionReport report{.bucket = bucket, .region = place.region, .steps = {}};
  CORDON_TRY(wiring_of(place, names, bucket).inspect(facts, report, deadline, std::move(stop)));
  report.is_protected = complete(report) && is_complete;
  return report;
}

Result<Protection::Survey> Protection::survey(const std::vector<BucketName>& buckets,
                                              Deadline deadline, std::stop_token stop) {
  CORDON_TRY(RegionAdmin home, regions_(home_));
  CORDON_TRY(BucketAdmin * home_buckets, buckets_in(home_, home));
  const Error stopped{Errc::cancelled, "stopped while looking at buckets"};
  const Parallelism many{.threads_max = kLookupThreads,
                         .items_per_thread_min = kLookupsPerThreadMin};
  std::vector<Result<Region>> where(buckets.size(), stopped);
  {
    ProgressCount progress(progress_, "buckets found", buckets.size());
    parallel_for(buckets.size(), many, stop, [&](std::size_t i) {
      where[i] = home_buckets->region_of(buckets[i], deadline, stop);
      progress.step();
    });
  }
  std::set<Region> regions;
  for (const Result<Region>& one : where) {
    if (one) regions.insert(*one);
  }
  RegionSurveys surveys = survey_regions(regions, deadline, stop);
  Survey reports(buckets.size(), stopped);
  ProgressCount progress(progress_, "buckets", buckets.size());
  parallel_for(buckets.size(), many, stop, [&](std::size_t i) {
    reports[i] = where[i] ? look_at(buckets[i], surveys.at(*where[i]), deadline, stop)
                          : Result<ProvisionReport>(where[i].error());
    progress.step();
  });
  if (stop.stop_requested()) return stopped;
  const std::optional<ProtectedDocument> set = known_set(deadline, std::move(stop));
  for (Result<ProvisionReport>& report : reports) {
    if (report) compare_with_set(set, *report);
  }
  return reports;
}

Result<std::vector<ProvisionReport>> Protection::list(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(RegionAdmin home, regions_(home_));
  CORDON_TRY(BucketAdmin * home_buckets, buckets_in(home_, home));
  CORDON_TRY(const std::vector<BucketName> buckets, home_buckets->list(deadline, stop));
  CORDON_TRY(Survey looked_at, survey(buckets, deadline, std::move(stop)));
  std::vector<ProvisionReport> reports;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (looked_at[i]) {
      reports.push_back(*std::move(looked_at[i]));
      continue;
    }
    if (looked_at[i].error().code == Errc::cancelled) return looked_at[i].error();
    ProvisionReport unknown{.bucket = buckets[i], .region = std::nullopt, .steps = {}};
    unknown.add(ProvisionPart::status, buckets[i].str(), State::missing, looked_at[i].error().what);
    reports.push_back(std::move(unknown));
  }
  return reports;
}

}  // namespace cordon
