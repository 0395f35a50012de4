#include "testing/fake_admins.h"

#include "core/partition.h"

namespace cordon {
namespace {

const AccountId kAccount("111122223333");

Error no_bucket(const BucketName& bucket) {
  return Error{Errc::not_found, "no bucket " + bucket.str()};
}
Error no_topic(const std::string& arn) { return Error{Errc::not_found, "no topic " + arn}; }

bool same_key_range(const NotificationEntry& a, const NotificationEntry& b) {
  return (a.prefix.starts_with(b.prefix) || b.prefix.starts_with(a.prefix)) &&
         (a.suffix.ends_with(b.suffix) || b.suffix.ends_with(a.suffix));
}

bool same_event(const std::string& a, const std::string& b) {
  const auto stem = [](const std::string& e) {
    return e.ends_with('*') ? e.substr(0, e.size() - 1) : e;
  };
  return a == b || (a.ends_with('*') && b.starts_with(stem(a))) ||
         (b.ends_with('*') && a.starts_with(stem(b)));
}

bool clash(const NotificationEntry& a, const NotificationEntry& b) {
  for (const std::string& x : a.events) {
    for (const std::string& y : b.events) {
      if (same_event(x, y) && same_key_range(a, b)) return true;
    }
  }
  return false;
}

}  // namespace

Result<std::vector<BucketName>> FakeBucketAdmin::list(Deadline, std::stop_token) {
  std::vector<BucketName> names;
  for (const auto& [name, bucket] : buckets) names.emplace_back(name);
  return names;
}

Result<Region> FakeBucketAdmin::region_of(const BucketName& bucket, Deadline, std::stop_token) {
  ++reads;
  const auto it = buckets.find(bucket.str());
  if (it == buckets.end()) return no_bucket(bucket);
  if (it->second.region_of_fails) return *it->second.region_of_fails;
  return it->second.region;
}

Result<Versioning> FakeBucketAdmin::versioning(const BucketName& bucket, Deadline,
                                               std::stop_token) {
  ++reads;
  const auto it = buckets.find(bucket.str());
  if (it == buckets.end()) return no_bucket(bucket);
  return it->second.versioning;
}

Result<std::optional<std::uint32_t>> FakeBucketAdmin::unfinished_upload_days(
    const BucketName& bucket, Deadline, std::stop_token) {
  ++reads;
  const auto it = buckets.find(bucket.str());
  if (it == buckets.end()) return no_bucket(bucket);
  return it->second.unfinished_upload_days;
}

Result<BucketNotifications> FakeBucketAdmin::notifications(const BucketName& bucket, Deadline,
                                                           std::stop_token) {
  ++reads;
  const auto it = buckets.find(bucket.str());
  if (it == buckets.end()) return no_bucket(bucket);
  if (it->second.notifications_fail) return *it->second.notifications_fail;
  return it->second.notifications;
}

Result<void> FakeBucketAdmin::set_notifications(const BucketName& bucket,
                                                const BucketNotifications& configuration, Deadline,
                                                std::stop_token) {
  ++writes;
  const auto it = buckets.find(bucket.str());
  if (it == buckets.end()) return no_bucket(bucket);
  if (swallows_notifications) return {};
  const auto& entries = configuration.entries;
  if (entries.size() > 100) return Error{Errc::invalid, "Too many notification configurations"};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (std::size_t j = i + 1; j < entries.size(); ++j) {
      if (clash(entries[i], entries[j])) {
        return Error{Errc::invalid, "Configurations overlap on the same bucket"};
      }
    }
  }
  it->second.notifications = configuration;
  ++configuration_writes;
  return {};
}

Result<void> FakeBucketAdmin::ensure_private(const PrivateBucket& bucket, Deadline,
                                             std::stop_token) {
  ++writes;
  Bucket& stored = buckets.try_emplace(bucket.name.str(), Bucket{.region = region}).first->second;
  stored.versioning = Versioning::on;
  stored.lacks.clear();
  if (bucket.expire_days) stored.expire_days = *bucket.expire_days;
  return {};
}

Result<std::vector<std::string>> FakeBucketAdmin::private_lacks(const PrivateBucket& bucket,
                                                                Deadline, std::stop_token) {
  ++reads;
  const auto it = buckets.find(bucket.name.str());
  if (it == buckets.end()) return no_bucket(bucket.name);
  std::vector<std::string> lacks = it->second.lacks;
  if (it->second.versioning != Versioning::on) lacks.emplace_back("versioning");
  if (bucket.expire_days.value_or(it->second.expire_days) != it->second.expire_days) {
    lacks.emplace_back("lifecycle");
  }
  return lacks;
}

Result<std::string> FakeBucketAdmin::policy(const BucketName& bucket, Deadline, std::stop_token) {
  ++reads;
  const auto it = buckets.find(bucket.str());
  if (it == buckets.end()) return no_bucket(bucket);
  return it->second.policy;
}

Result<void> FakeBucketAdmin::set_policy(const BucketName& bucket, const std::string& policy,
                                         Deadline, std::stop_token) {
  ++writes;
  const auto it = buckets.find(bucket.str());
  if (it == buckets.end()) return no_bucket(bucket);
  it->second.policy = policy;
  ++policy_writes;
  return {};
}

Result<std::string> FakeTopicAdmin::ensure(const std::string& name, Deadline, std::stop_token) {
  ++writes;
  const std::string arn = regional_arn("sns", Region(region), kAccount, name);
  topics.try_emplace(
      arn, Topic{R"({"Version":"2008-10-17","Statement":[{"Sid":"__default_statement_ID"}]})", {}});
  return arn;
}

Result<std::string> FakeTopicAdmin::policy(const std::string& arn, Deadline, std::stop_token) {
  ++reads;
  const auto it = topics.find(arn);
  if (it == topics.end()) return no_topic(arn);
  return it->second.policy;
}

Result<std::string> FakeTopicAdmin::kms_key(const std::string& arn, Deadline, std::stop_token) {
  ++reads;
  const auto it = topics.find(arn);
  if (it == topics.end()) return no_topic(arn);
  return it->second.kms_key;
}

Result<void> FakeTopicAdmin::set_policy(const std::string& arn, const std::string& policy, Deadline,
                                        std::stop_token) {
  ++writes;
  if (set_policy_fails) return *set_policy_fails;
  const auto it = topics.find(arn);
  if (it == topics.end()) return no_topic(arn);
  it->second.policy = policy;
  return {};
}

Result<std::vector<Subscription>> FakeTopicAdmin::subscriptions(const std::string& arn, Deadline,
                                                                std::stop_token) {
  ++reads;
  const auto it = topics.find(arn);
  if (it == topics.end()) return no_topic(arn);
  return it->second.subscriptions;
}

Result<std::string> FakeTopicAdmin::subscribe_queue(const std::string& topic_arn,
                                                    const std::string& queue_arn, Deadline,
                                                    std::stop_token) {
  ++writes;
  const auto it = topics.find(topic_arn);
  if (it == topics.end()) return no_topic(topic_arn);
  for (const Subscription& present : it->second.subscriptions) {
    if (present.endpoint == queue_arn) return present.arn;
  }
  std::string arn = topic_arn + ":" + std::to_string(it->second.subscriptions.size() + 1);
  it->second.subscriptions.push_back({arn, "sqs", queue_arn});
  return arn;
}

Result<std::string> FakeTopicAdmin::filter(const std::string& subscription_arn, Deadline,
                                           std::stop_token) {
  ++reads;
  if (filter_fails) return *filter_fails;
  const auto it = filters.find(subscription_arn);
  return it == filters.end() ? std::string() : it->second;
}

Result<void> FakeTopicAdmin::clear_filter(const std::string& subscription_arn, Deadline,
                                          std::stop_token) {
  ++writes;
  filters.erase(subscription_arn);
  return {};
}

Result<void> FakeTopicAdmin::remove(const std::string& arn, Deadline, std::stop_token) {
  ++writes;
  topics.erase(arn);
  return {};
}

Result<QueueInfo> FakeQueueAdmin::find(const std::string& name, Deadline, std::stop_token) {
  ++reads;
  if (find_fails) return *find_fails;
  const auto it = queues.find(name);
  if (it == queues.end()) return Error{Errc::not_found, "no queue " + name};
  return it->second;
}

Result<QueueInfo> FakeQueueAdmin::ensure(const std::string& name, const QueueSettings& settings,
                                         Deadline, std::stop_token) {
  ++writes;
  QueueInfo& queue = queues[name];
  queue.url = "https://sqs." + region + ".example/111122223333/" + name;
  queue.arn = regional_arn("sqs", Region(region), kAccount, name);
  queue.policy = settings.policy;
  queue.dead_letter_arn = settings.dead_letter_arn;
  queue.receives_max = settings.dead_letter_arn.empty() ? 0 : settings.receives_max;
  queue.retention = settings.retention;
  return queue;
}

Result<void> FakeQueueAdmin::set_policy(const std::string& url, const std::string& policy, Deadline,
                                        std::stop_token) {
  ++writes;
  for (auto& [name, queue] : queues) {
    if (queue.url != url) continue;
    queue.policy = policy;
    return {};
  }
  return Error{Errc::not_found, "no queue at " + url};
}

Result<void> FakeQueueAdmin::remove(const std::string& url, Deadline, std::stop_token) {
  ++writes;
  std::erase_if(queues, [&](const auto& entry) { return entry.second.url == url; });
  return {};
}

}  // namespace cordon
