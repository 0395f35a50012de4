#include "provision/protection.h"

#include <algorithm>
#include <utility>

#include "base/parallel_for.h"
#include "base/text.h"
#include "core/own_buckets.h"
#include "core/partition.h"
#include "provision/event_path.h"
#include "provision/if_there.h"
#include "provision/member_upkeep.h"
#include "provision/own_bucket.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr int kReceivesMax = 5;
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
  const Result<void> off = wiring_of(place, names, bucket).disconnect(report, deadline, stop);
  if (!off && off.error().code == Errc::denied) {
    CORDON_TRY(is_out_of_reach, is_anothers(bucket, deadline, stop));
    if (is_out_of_reach) return forget(bucket, off.error(), deadline, std::move(stop));
  }
  CORDON_TRY(off);
  CORDON_TRY(leave(report, deadline, stop));
  if (member_) CORDON_TRY(dismiss(std::move(regions), report, deadline, std::move(stop)));
  return report;
}

// By what the command was told, by the protected set where the settings no longer say, or because
// the account has no such bucket any more.
Result<bool> Protection::is_anothers(const BucketName& bucket, Deadline deadline,
                                     std::stop_token stop) const {
  if (member_) return true;
  if (register_ != nullptr) {
    CORDON_TRY(const ProtectedDocument set, register_->current(deadline, stop));
    const auto entry = set.buckets.find(bucket);
    if (entry != set.buckets.end() && entry->second.account != account_) return true;
  }
  if (!owns_) return false;
  const Result<bool> ours = owns_(bucket, deadline, std::move(stop));
  if (!ours && ours.error().code == Errc::cancelled) return ours.error();
  return ours && !*ours;
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

}  // namespace cordon
