#include "provision/wiring.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

using State = ProvisionStep::State;

constexpr const char* kObjectCreated = "s3:ObjectCreated:*";
// How a rule remembers what `disconnect` has to put back.
constexpr const char* kSwitchedOn = "EventBridge on the bucket: switched on by Cordon";
constexpr const char* kWasOn = "EventBridge on the bucket: was on before";

// The id may have been taken over or edited by somebody: ours is the entry with our id and topic.
bool is_ours(const NotificationEntry& entry, const NotificationEntry& ours) {
  return entry.id == ours.id && entry.target == ours.target && entry.arn == ours.arn;
}

bool is_as_meant(const NotificationEntry& entry, const NotificationEntry& ours) {
  return is_ours(entry, ours) && entry.events == ours.events && entry.prefix.empty() &&
         entry.suffix.empty();
}

BucketNotifications without(const BucketNotifications& present, const NotificationEntry& ours) {
  BucketNotifications others = present;
  std::erase_if(others.entries, [&](const auto& entry) { return is_ours(entry, ours); });
  return others;
}

bool same_json(const std::string& a, const std::string& b) {
  json::error_code failed;
  const json::value left = json::parse(a, failed);
  if (failed) return false;
  const json::value right = json::parse(b, failed);
  return !failed && left == right;
}

template <typename List, typename Item>
bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// S3 says only that it cannot use the topic. Why it cannot is nearly always one of these.
Error with_advice(Error error, const std::string& topic_arn) {
  if (error.what.find("validate the following destination") == std::string::npos) return error;
  error.what +=
      "; look at the policy of " + topic_arn +
      ", and if the topic is encrypted, at the policy of its key, which must let s3.amazonaws.com "
      "do kms:GenerateDataKey* and kms:Decrypt (a key of AWS's own, alias/aws/sns, never does)";
  return error;
}

}  // namespace

BucketWiring::BucketWiring(RegionAdmin admin, RegionWiring wiring, const WiringNames& names,
                           BucketName bucket)
    : admin_(admin), wiring_(wiring), names_(names), bucket_(std::move(bucket)) {}

NotificationEntry BucketWiring::our_entry() const {
  return NotificationEntry{.id = names_.deployment.notification_id(),
                           .target = NotificationEntry::Target::topic,
                           .arn = names_.topic_arn,
                           .events = {kObjectCreated},
                           .prefix = "",
                           .suffix = "",
                           .verbatim = ""};
}

EventRule BucketWiring::our_rule(bool bus_was_on) const {
  json::object bucket{{"name", json::array{bucket_.str()}}};
  json::object detail{{"bucket", std::move(bucket)}};
  const json::object pattern{{"source", json::array{"aws.s3"}},
                             {"detail-type", json::array{"Object Created"}},
                             {"detail", std::move(detail)}};
  return EventRule{.name = names_.deployment.bucket_rule(bucket_),
                   .pattern = json::serialize(pattern),
                   .description = "New objects of " + bucket_.str() + " for Cordon (" +
                                  names_.deployment.name() + "). " +
                                  (bus_was_on ? kWasOn : kSwitchedOn),
                   .enabled = true,
                   .targets = {names_.topic_arn}};
}

Result<RegionFacts> look_at_region(RegionAdmin admin, RegionWiring wiring, const WiringNames& names,
                                   Deadline deadline, std::stop_token stop) {
  RegionFacts facts;
  const Result<std::string> policy = admin.topics.policy(names.topic_arn, deadline, stop);
  if (!policy && policy.error().code != Errc::not_found) return policy.error();
  if (policy) facts.topic_policy = *policy;

  const Result<QueueInfo> queue = admin.queues.find(names.deployment.event_queue(), deadline, stop);
  if (!queue && queue.error().code != Errc::not_found) return queue.error();
  if (!queue) return facts;
  facts.let_in = topics_let_in(queue->policy);
  for (const std::string& topic : facts.let_in) {
    if (topic == names.topic_arn) continue;
    Result<Listening> listening =
        wiring.listening.listening(topic, names.queue_arn, deadline, stop);
    if (!listening && listening.error().code == Errc::not_found) continue;  // Deleted meanwhile.
    CORDON_TRY(listening);
    facts.borrowed.push_back({topic, *std::move(listening)});
  }
  return facts;
}

Result<BucketWiring::Found> BucketWiring::look(Deadline deadline, std::stop_token stop) {
  Found found;
  CORDON_TRY(found.notifications, admin_.buckets.notifications(bucket_, deadline, stop));
  CORDON_TRY(found.rule, wiring_.bus.rule(names_.deployment.bucket_rule(bucket_), deadline, stop));
  CORDON_TRY(found.region, look_at_region(admin_, wiring_, names_, deadline, std::move(stop)));
  return found;
}

bool BucketWiring::has_our_entry(const Found& found) const {
  const NotificationEntry ours = our_entry();
  return std::any_of(found.notifications.entries.begin(), found.notifications.entries.end(),
                     [&](const auto& entry) { return is_as_meant(entry, ours); });
}

bool BucketWiring::is_heard(const BorrowedTopic& borrowed) const {
  return borrowed.listening.unfiltered || contains(borrowed.listening.buckets, bucket_);
}

bool BucketWiring::tells(const Found& found, const std::string& topic_arn) const {
  return std::any_of(found.notifications.entries.begin(), found.notifications.entries.end(),
                     [&](const NotificationEntry& entry) {
                       return entry.arn == topic_arn && tells_of_every_new_object(entry);
                     });
}

bool BucketWiring::rule_works(const Found& found) const {
  if (!found.rule || !found.notifications.event_bridge) return false;
  const EventRule wanted = our_rule(true);
  return found.rule->enabled && same_json(found.rule->pattern, wanted.pattern) &&
         contains(found.rule->targets, names_.topic_arn) &&
         has_statement(found.region.topic_policy, kTopicFromEventBusSid);
}

std::optional<WiringWay> BucketWiring::working_way(const Found& found) const {
  if (has_our_entry(found)) return WiringWay::entry;
  for (const BorrowedTopic& borrowed : found.region.borrowed) {
    if (is_heard(borrowed) && tells(found, borrowed.topic_arn)) return WiringWay::topic;
  }
  if (rule_works(found)) return WiringWay::bus;
  return std::nullopt;
}

void BucketWiring::describe(const Found& found, WiringWay way, State state,
                            ProvisionReport& report) const {
  const NotificationEntry ours = our_entry();
  const std::string why = plan_wiring(without(found.notifications, ours), ours).why;
  switch (way) {
    case WiringWay::entry:
      report.add(ProvisionPart::notification, ours.id, state);
      return;
    case WiringWay::topic:
      for (const BorrowedTopic& borrowed : found.region.borrowed) {
        if (!is_heard(borrowed) || !tells(found, borrowed.topic_arn)) continue;
        report.add(ProvisionPart::notification, borrowed.topic_arn, state,
                   "our queue listens at that topic, for this bucket: " + why);
        return;
      }
      return;
    case WiringWay::bus:
      report.add(ProvisionPart::notification, found.rule->name, state,
                 why.empty() ? "by EventBridge" : "by EventBridge: " + why);
      return;
  }
}

Result<bool> BucketWiring::leads_here(Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const BucketNotifications found,
             admin_.buckets.notifications(bucket_, deadline, stop));
  std::vector<std::string> topics;
  for (const NotificationEntry& entry : found.entries) {
    if (entry.arn == names_.topic_arn || entry.arn == names_.queue_arn) return true;
    if (entry.target == NotificationEntry::Target::topic) topics.push_back(entry.arn);
  }
  if (found.event_bridge) {
    CORDON_TRY(const std::optional<EventRule> rule,
               wiring_.bus.rule(names_.deployment.bucket_rule(bucket_), deadline, stop));
    if (rule && rule->enabled && contains(rule->targets, names_.topic_arn)) return true;
  }
  if (topics.empty()) return false;
  const Result<QueueInfo> queue =
      admin_.queues.find(names_.deployment.event_queue(), deadline, stop);
  CORDON_TRY(queue);
  const std::vector<std::string> let_in = topics_let_in(queue->policy);
  for (const std::string& topic : topics) {
    if (!contains(let_in, topic)) continue;
    Result<Listening> listening =
        wiring_.listening.listening(topic, names_.queue_arn, deadline, stop);
    if (!listening && listening.error().code == Errc::not_found) continue;  // Deleted meanwhile.
    CORDON_TRY(listening);
    if (is_heard({topic, *std::move(listening)})) return true;
  }
  return false;
}

Result<void> BucketWiring::inspect(ProvisionReport& report, Deadline deadline,
                                   std::stop_token stop) {
  CORDON_TRY(const RegionFacts region, look_at_region(admin_, wiring_, names_, deadline, stop));
  return inspect(region, report, deadline, std::move(stop));
}

Result<void> BucketWiring::inspect(const RegionFacts& region, ProvisionReport& report,
                                   Deadline deadline, std::stop_token stop) {
  Found found{.notifications = {}, .rule = std::nullopt, .region = region};
  CORDON_TRY(found.notifications, admin_.buckets.notifications(bucket_, deadline, stop));
  if (found.notifications.event_bridge) {  // Without it no rule hears of the bucket.
    CORDON_TRY(found.rule,
               wiring_.bus.rule(names_.deployment.bucket_rule(bucket_), deadline, std::move(stop)));
  }
  if (const std::optional<WiringWay> way = working_way(found)) {
    describe(found, *way, State::present, report);
    return {};
  }
  const NotificationEntry ours = our_entry();
  const WiringPlan plan = plan_wiring(without(found.notifications, ours), ours);
  std::string note = "run: cordon bucket protect " + bucket_.str();
  if (!plan.why.empty()) note += " (" + plan.why + ")";
  report.add(ProvisionPart::notification, ours.id, State::missing, note);
  return {};
}

Result<void> BucketWiring::connect(ProvisionReport& report, Deadline deadline,
                                   std::stop_token stop) {
  CORDON_TRY(const Found before, look(deadline, stop));
  std::optional<WiringWay> way = working_way(before);
  State state = State::present;
  if (!way) {
    const NotificationEntry ours = our_entry();
    WiringPlan plan = plan_wiring(without(before.notifications, ours), ours);
    if (plan.way == WiringWay::topic) {
      CORDON_TRY(const Listening now,
                 wiring_.listening.listening(plan.topic_arn, names_.queue_arn, deadline, stop));
      // Subscribed under a condition that somebody else chose: there is no second subscription.
      const bool is_foreign = now.subscribed && !now.unfiltered && now.buckets.empty();
      if (is_foreign) plan.way = WiringWay::bus;
    }
    way = plan.way;
    switch (plan.way) {
      case WiringWay::entry:
        CORDON_TRY(connect_by_entry(before, deadline, stop));
        break;
      case WiringWay::topic:
        CORDON_TRY(connect_by_topic(before, plan.topic_arn, deadline, stop));
        break;
      case WiringWay::bus:
        CORDON_TRY(connect_by_bus(before, deadline, stop));
        break;
    }
    state = State::created;
  }
  CORDON_TRY(const Found now, look(deadline, stop));
  if (working_way(now) != way) {
    return Error{Errc::unavailable, "bucket " + bucket_.str() +
                                        " was wired, but what came of it is something else: "
                                        "another change at the same time? Protect it again"};
  }
  const NotificationEntry ours = our_entry();
  const auto altered = [&](const NotificationEntry& entry) { return is_ours(entry, ours); };
  if (state == State::created && std::any_of(before.notifications.entries.begin(),
                                             before.notifications.entries.end(), altered)) {
    state = State::changed;
  }
  describe(now, *way, state, report);
  CORDON_TRY(clear(now, way, report, deadline, std::move(stop)));
  return {};
}

Result<void> BucketWiring::connect_by_entry(const Found& found, Deadline deadline,
                                            std::stop_token stop) {
  BucketNotifications wanted = without(found.notifications, our_entry());
  wanted.entries.push_back(our_entry());
  const Result<void> done =
      admin_.buckets.set_notifications(bucket_, wanted, deadline, std::move(stop));
  if (!done) return with_advice(done.error(), names_.topic_arn);
  return {};
}

Result<void> BucketWiring::connect_by_topic(const Found& found, const std::string& topic_arn,
                                            Deadline deadline, std::stop_token stop) {
  // First the door, then the messages.
  std::vector<std::string> topics = found.region.let_in;
  if (!contains(topics, topic_arn)) {
    topics.push_back(topic_arn);
    CORDON_TRY(let_in(topics, deadline, stop));
  }
  CORDON_TRY(const Listening now,
             wiring_.listening.listening(topic_arn, names_.queue_arn, deadline, stop));
  if (now.unfiltered) return {};
  std::vector<BucketName> buckets = now.buckets;
  if (contains(buckets, bucket_)) return {};
  buckets.push_back(bucket_);
  std::sort(buckets.begin(), buckets.end());
  return wiring_.listening.listen(topic_arn, names_.queue_arn, buckets, deadline, std::move(stop));
}

Result<void> BucketWiring::connect_by_bus(const Found& found, Deadline deadline,
                                          std::stop_token stop) {
  if (!has_statement(found.region.topic_policy, kTopicFromEventBusSid)) {
    CORDON_TRY(const std::string wanted,
               with_event_bus(found.region.topic_policy, names_.topic_arn));
    CORDON_TRY(admin_.topics.set_policy(names_.topic_arn, wanted, deadline, stop));
  }
  // The rule comes before the switch: it is where we remember how the switch stood.
  const bool remembers_off =
      found.rule && found.rule->description.find(kSwitchedOn) != std::string::npos;
  const bool was_on = found.notifications.event_bridge && !remembers_off;
  CORDON_TRY(wiring_.bus.put_rule(our_rule(was_on), deadline, stop));
  const BucketNotifications others = without(found.notifications, our_entry());
  if (found.notifications.event_bridge && others == found.notifications) return {};
  BucketNotifications wanted = others;
  wanted.event_bridge = true;
  return admin_.buckets.set_notifications(bucket_, wanted, deadline, std::move(stop));
}

Result<void> BucketWiring::let_in(const std::vector<std::string>& topics, Deadline deadline,
                                  std::stop_token stop) {
  CORDON_TRY(const QueueInfo queue,
             admin_.queues.find(names_.deployment.event_queue(), deadline, stop));
  CORDON_TRY(const std::string wanted, event_queue_policy(queue.policy, names_.queue_arn, topics));
  return admin_.queues.set_policy(queue.url, wanted, deadline, std::move(stop));
}

Result<void> BucketWiring::stop_listening(const BorrowedTopic& borrowed, Deadline deadline,
                                          std::stop_token stop) {
  std::vector<BucketName> others = borrowed.listening.buckets;
  std::erase(others, bucket_);
  CORDON_TRY(
      wiring_.listening.listen(borrowed.topic_arn, names_.queue_arn, others, deadline, stop));
  if (!others.empty()) return {};
  CORDON_TRY(const QueueInfo queue,
             admin_.queues.find(names_.deployment.event_queue(), deadline, stop));
  std::vector<std::string> topics = topics_let_in(queue.policy);
  std::erase(topics, borrowed.topic_arn);
  if (topics.empty()) topics.push_back(names_.topic_arn);
  return let_in(topics, deadline, std::move(stop));
}

Result<bool> BucketWiring::clear(const Found& found, std::optional<WiringWay> keep,
                                 ProvisionReport& report, Deadline deadline, std::stop_token stop) {
  bool any = false;
  const BucketNotifications others = without(found.notifications, our_entry());
  BucketNotifications wanted = keep == WiringWay::entry ? found.notifications : others;
  const bool switched_on =
      found.rule && found.rule->description.find(kSwitchedOn) != std::string::npos;
  const bool drops_rule = found.rule && keep != WiringWay::bus;
  if (drops_rule && switched_on) wanted.event_bridge = false;
  if (wanted != found.notifications) {
    CORDON_TRY(admin_.buckets.set_notifications(bucket_, wanted, deadline, stop));
  }
  if (keep != WiringWay::entry && others != found.notifications) {
    any = true;
    report.add(ProvisionPart::notification, our_entry().id, State::removed);
  }
  if (drops_rule) {  // Last, for it remembers what had to be undone.
    any = true;
    CORDON_TRY(wiring_.bus.remove_rule(found.rule->name, deadline, stop));
    report.add(ProvisionPart::notification, found.rule->name, State::removed,
               switched_on ? "EventBridge on the bucket is off again, as it was before" : "");
  }
  for (const BorrowedTopic& borrowed : found.region.borrowed) {
    const bool in_use = keep == WiringWay::topic && tells(found, borrowed.topic_arn);
    if (in_use || !contains(borrowed.listening.buckets, bucket_)) continue;
    any = true;
    CORDON_TRY(stop_listening(borrowed, deadline, stop));
    report.add(ProvisionPart::notification, borrowed.topic_arn, State::removed,
               "our queue no longer listens there for this bucket");
  }
  return any;
}

Result<void> BucketWiring::disconnect(ProvisionReport& report, Deadline deadline,
                                      std::stop_token stop) {
  CORDON_TRY(const Found found, look(deadline, stop));
  CORDON_TRY(const bool any, clear(found, std::nullopt, report, deadline, stop));
  if (any) {
    CORDON_TRY(const Found now, look(deadline, std::move(stop)));
    const bool is_heard_there = std::any_of(now.region.borrowed.begin(), now.region.borrowed.end(),
                                            [&](const BorrowedTopic& borrowed) {
                                              return contains(borrowed.listening.buckets, bucket_);
                                            });
    if (has_our_entry(now) || rule_works(now) || is_heard_there) {
      return Error{Errc::unavailable, "the events of bucket " + bucket_.str() +
                                          " still come here after they were turned off: another "
                                          "change at the same time? Unprotect it again"};
    }
  }
  if (!any) report.add(ProvisionPart::notification, our_entry().id, State::missing);
  for (const BorrowedTopic& borrowed : found.region.borrowed) {
    if (!borrowed.listening.unfiltered || !tells(found, borrowed.topic_arn)) continue;
    report.add(ProvisionPart::subscription, borrowed.topic_arn, State::kept,
               "our queue takes everything from that topic, by somebody else's subscription: "
               "events of this bucket still come");
  }
  return {};
}

}  // namespace cordon
