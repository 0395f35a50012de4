// Taking a region's resources back is the one command that could lose events, so it refuses by
// default: while anything that is ours or somebody else's still leads there, while a queue holds
// messages, and while it cannot see (a bucket that may not be looked at counts as using them). What
// it looks at first and what it removes then are the same things, in the opposite order of their
// making: nobody can publish any more before the queues go.

#include "provision/region_upkeep.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/parallel_for.h"
#include "core/own_buckets.h"
#include "core/partition.h"
#include "provision/if_there.h"

namespace cordon {
namespace {

using State = ProvisionStep::State;

constexpr std::size_t kLookupThreads = 32;

std::string messages_text(std::uint64_t count) {
  return "about " + std::to_string(count) + (count == 1 ? " message" : " messages");
}

}  // namespace

struct RegionUpkeep::Place {
  Region region;
  RegionAdmin admin;
  RegionWiring wiring;
  std::string topic_arn;
  std::string queue_arn;
};

RegionUpkeep::RegionUpkeep(const Deployment& deployment, AccountId account,
                           RegionAdminSource regions, RegionWiringSource wiring,
                           BucketCensus& census)
    : deployment_(deployment),
      account_(std::move(account)),
      regions_(std::move(regions)),
      wiring_(std::move(wiring)),
      census_(census) {}

Result<Region> RegionUpkeep::region_of(const BucketEntry& entry, RegionAdmin home,
                                       Deadline deadline, std::stop_token stop) {
  if (entry.region) return *entry.region;
  return home.buckets.region_of(entry.name, deadline, std::move(stop));
}

Result<std::vector<RegionOverview>> RegionUpkeep::overview(Protection& protection,
                                                           const std::vector<Region>& more,
                                                           Deadline deadline,
                                                           std::stop_token stop) {
  std::map<Region, RegionOverview> found;
  for (const Region& region : more) found[region].region = region;
  CORDON_TRY(const std::vector<BucketEntry> entries, census_.buckets(deadline, stop));
  for (const BucketEntry& entry : entries) {
    if (entry.region) found[*entry.region].region = *entry.region;
  }
  CORDON_TRY(const std::vector<ProvisionReport> reports, protection.list(deadline, stop));
  for (const ProvisionReport& report : reports) {
    if (!report.region) continue;  // Could not be looked at; `list` says why.
    RegionOverview& one = found[*report.region];
    one.region = *report.region;
    if (report.is_protected) ++one.protected_count;
  }
  std::vector<RegionOverview> all;
  for (auto& [region, one] : found) all.push_back(std::move(one));
  parallel_for(all.size(), {.threads_max = kLookupThreads}, stop,
               [&](std::size_t i) { look_at(protection, all[i], deadline, stop); });
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while looking at regions"};
  return all;
}

void RegionUpkeep::look_at(Protection& protection, RegionOverview& one, Deadline deadline,
                           std::stop_token stop) {
  const Result<ProvisionReport> status = protection.region_status(one.region, deadline, stop);
  if (!status) {
    one.note = status.error().what;
    return;
  }
  one.has_resources = status->is_protected;
  for (const ProvisionStep& step : status->steps) {
    if (step.state == State::missing)
      one.note += (one.note.empty() ? "no " : ", ") + std::string(name_of(step.part));
  }
  const Result<RegionAdmin> admin = regions_(one.region);
  if (!admin) return;
  const auto events = admin->queues.find(deployment_.event_queue(), deadline, stop);
  if (events) one.events_waiting = events->messages;
  const auto dead = admin->queues.find(deployment_.dead_letters(), deadline, std::move(stop));
  if (dead) one.dead_letters = dead->messages;
}

Result<RegionRemoval> RegionUpkeep::remove(const Region& region,
                                           const RegionRemovalOptions& options,
                                           ProvisionReport& report, Deadline deadline,
                                           std::stop_token stop) {
  CORDON_TRY(const RegionAdmin admin, regions_(region));
  CORDON_TRY(const RegionWiring wiring, wiring_(region));
  Place place{region, admin, wiring, topic_arn_of(region, account_, deployment_.event_topic()),
              regional_arn("sqs", region, account_, deployment_.event_queue())};
  CORDON_TRY(const bool used, is_used(place, report, deadline, stop));
  if (used) return RegionRemoval::in_use;
  CORDON_TRY(const bool others, is_used_by_others(place, report, deadline, stop));
  if (others) return RegionRemoval::in_use;
  if (!options.discard_messages) {
    CORDON_TRY(const bool holding, holds_messages(place, report, deadline, stop));
    if (holding) return RegionRemoval::holding;
  }
  CORDON_TRY(remove_topic(place, report, deadline, stop));
  CORDON_TRY(remove_queues(place, report, deadline, stop));
  CORDON_TRY(remove_quarantine(place, options.dry_run, report, deadline, std::move(stop)));
  return RegionRemoval::removed;
}

// By its own entry, by a topic of its own, or by the event bus.
Result<bool> RegionUpkeep::is_wired(Place& place, const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const BucketNotifications notifications,
             place.admin.buckets.notifications(bucket, deadline, stop));
  const bool told = std::any_of(
      notifications.entries.begin(), notifications.entries.end(),
      [&](const auto& one) { return one.arn == place.topic_arn || one.arn == place.queue_arn; });
  if (told) return true;
  CORDON_TRY(const std::optional<EventRule> rule,
             place.wiring.bus.rule(deployment_.bucket_rule(bucket), deadline, std::move(stop)));
  return rule.has_value();
}

Result<bool> RegionUpkeep::is_used(Place& place, ProvisionReport& report, Deadline deadline,
                                   std::stop_token stop) {
  CORDON_TRY(const std::vector<BucketEntry> entries, census_.buckets(deadline, stop));
  for (const BucketEntry& entry : entries) {
    if (has_own_name(entry.name)) continue;
    if (entry.region && *entry.region != place.region) continue;
    const Result<Region> where = region_of(entry, place.admin, deadline, stop);
    Result<bool> wired = false;
    if (!where) {
      wired = where.error();
    } else if (*where == place.region) {
      wired = is_wired(place, entry.name, deadline, stop);
    }
    if (!wired && wired.error().code == Errc::not_found) continue;  // Gone meanwhile.
    if (!wired && wired.error().code != Errc::denied) return wired.error();
    if (wired && !*wired) continue;
    report.add(ProvisionPart::region, place.region.str(), State::kept,
               wired ? "bucket " + entry.name.str() + " still uses its resources"
                     : "whether bucket " + entry.name.str() +
                           " uses its resources cannot be seen: " + wired.error().what);
    return true;
  }
  return false;
}

Result<bool> RegionUpkeep::is_used_by_others(Place& place, ProvisionReport& report,
                                             Deadline deadline, std::stop_token stop) {
  const auto keep = [&](const std::string& name, std::string why) {
    report.add(ProvisionPart::region, name, State::kept, std::move(why));
    return true;
  };
  CORDON_TRY(const std::optional<EventRule> rule,
             place.wiring.bus.rule(deployment_.gateway_rule(), deadline, stop));
  if (rule) {
    return keep(place.region.str(),
                "file shares are linked (rule " + rule->name + "); see cordon gateway status");
  }
  CORDON_TRY(const auto queue,
             if_there(place.admin.queues.find(deployment_.event_queue(), deadline, stop)));
  if (queue) {
    for (const std::string& topic : topics_let_in(queue->policy)) {
      if (topic == place.topic_arn) continue;
      CORDON_TRY(const auto listening, if_there(place.wiring.listening.listening(
                                           topic, place.queue_arn, deadline, stop)));
      if (listening && listening->subscribed) {
        return keep(place.region.str(), "the event queue still listens at " + topic);
      }
    }
  }
  CORDON_TRY(const auto policy,
             if_there(place.admin.topics.policy(place.topic_arn, deadline, stop)));
  if (!policy) return false;
  for (const AccountId& account : accounts_let_in(*policy)) {
    if (account == account_) continue;
    return keep(place.topic_arn, "buckets of account " + account.str() +
                                     " may use it: unprotect those first (settings, accounts)");
  }
  CORDON_TRY(const std::vector<Subscription> subscriptions,
             place.admin.topics.subscriptions(place.topic_arn, deadline, std::move(stop)));
  for (const Subscription& one : subscriptions) {
    if (one.endpoint == place.queue_arn) continue;
    return keep(place.topic_arn,
                "somebody else subscribed to the topic: " + one.protocol + " " + one.endpoint);
  }
  return false;
}

Result<bool> RegionUpkeep::holds_messages(Place& place, ProvisionReport& report, Deadline deadline,
                                          std::stop_token stop) {
  bool any = false;
  for (const std::string& name :
       {deployment_.event_queue(), deployment_.sweep_queue(), deployment_.dead_letters()}) {
    CORDON_TRY(const auto queue, if_there(place.admin.queues.find(name, deadline, stop)));
    if (!queue || queue->messages == 0) continue;
    any = true;
    report.add(ProvisionPart::queue, queue->arn, State::kept,
               "it holds " + messages_text(queue->messages) + ": " +
                   (name == deployment_.dead_letters()
                        ? "see cordon dead list, or give --discard-messages"
                        : "let an agent take them, or give --discard-messages"));
  }
  return any;
}

Result<void> RegionUpkeep::remove_topic(Place& place, ProvisionReport& report, Deadline deadline,
                                        std::stop_token stop) {
  TopicAdmin& topics = place.admin.topics;
  CORDON_TRY(const auto policy, if_there(topics.policy(place.topic_arn, deadline, stop)));
  if (!policy) {
    report.add(ProvisionPart::topic, place.topic_arn, State::missing);
    return {};
  }
  // Its subscriptions go with it.
  CORDON_TRY(topics.remove(place.topic_arn, deadline, std::move(stop)));
  report.add(ProvisionPart::topic, place.topic_arn, State::removed);
  return {};
}

Result<void> RegionUpkeep::remove_queues(Place& place, ProvisionReport& report, Deadline deadline,
                                         std::stop_token stop) {
  const std::pair<ProvisionPart, std::string> queues[] = {
      {ProvisionPart::queue, deployment_.event_queue()},
      {ProvisionPart::sweep_queue, deployment_.sweep_queue()},
      {ProvisionPart::dead_letters, deployment_.dead_letters()},
  };
  for (const auto& [part, name] : queues) {
    CORDON_TRY(const auto queue, if_there(place.admin.queues.find(name, deadline, stop)));
    if (!queue) {
      report.add(part, name, State::missing);
      continue;
    }
    CORDON_TRY(place.admin.queues.remove(queue->url, deadline, stop));
    report.add(part, queue->arn, State::removed,
               queue->messages == 0 ? "" : messages_text(queue->messages) + " went with it");
  }
  return {};
}

Result<void> RegionUpkeep::remove_quarantine(Place& place, bool dry_run, ProvisionReport& report,
                                             Deadline deadline, std::stop_token stop) {
  const BucketName name = deployment_.quarantine_bucket(account_, place.region);
  CORDON_TRY(const auto empty, if_there(census_.is_empty(name, deadline, stop)));
  if (!empty) {
    report.add(ProvisionPart::quarantine_bucket, name.str(), State::missing);
    return {};
  }
  if (*empty && !dry_run) {
    const Result<void> removed = census_.remove_empty(name, deadline, std::move(stop));
    if (!removed && removed.error().code != Errc::changed) return removed.error();
    if (removed) {
      report.add(ProvisionPart::quarantine_bucket, name.str(), State::removed, "nothing was in it");
      return {};
    }
  } else if (*empty) {
    report.add(ProvisionPart::quarantine_bucket, name.str(), State::removed, "nothing is in it");
    return {};
  }
  report.add(ProvisionPart::quarantine_bucket, name.str(), State::kept,
             "it holds objects: they are yours to keep or to delete (cordon quarantine list)");
  return {};
}

}  // namespace cordon
