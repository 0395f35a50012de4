#include "provision/dry_run.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/partition.h"

namespace cordon {
namespace {

class RehearsedBuckets final : public BucketAdmin {
 public:
  explicit RehearsedBuckets(BucketAdmin& real) : real_(real) {}

  Result<std::vector<BucketName>> list(Deadline deadline, std::stop_token stop) override {
    return real_.list(deadline, std::move(stop));
  }
  Result<Region> region_of(const BucketName& bucket, Deadline deadline,
                           std::stop_token stop) override {
    return real_.region_of(bucket, deadline, std::move(stop));
  }
  Result<Versioning> versioning(const BucketName& bucket, Deadline deadline,
                                std::stop_token stop) override {
    return real_.versioning(bucket, deadline, std::move(stop));
  }
  Result<BucketNotifications> notifications(const BucketName& bucket, Deadline deadline,
                                            std::stop_token stop) override {
    const auto written = notifications_.find(bucket);
    if (written != notifications_.end()) return written->second;
    return real_.notifications(bucket, deadline, std::move(stop));
  }
  Result<void> set_notifications(const BucketName& bucket, const BucketNotifications& configuration,
                                 Deadline, std::stop_token) override {
    notifications_[bucket] = configuration;
    return {};
  }
  Result<std::optional<std::uint32_t>> unfinished_upload_days(const BucketName& bucket,
                                                              Deadline deadline,
                                                              std::stop_token stop) override {
    return real_.unfinished_upload_days(bucket, deadline, std::move(stop));
  }
  Result<void> ensure_private(const PrivateBucket& bucket, Deadline deadline,
                              std::stop_token stop) override {
    const Result<std::string> there = policy(bucket.name, deadline, std::move(stop));
    if (!there && there.error().code == Errc::not_found) policies_[bucket.name] = "";
    made_private_.insert(bucket.name);
    return {};
  }
  Result<std::vector<std::string>> private_lacks(const PrivateBucket& bucket, Deadline deadline,
                                                 std::stop_token stop) override {
    if (made_private_.contains(bucket.name)) return std::vector<std::string>();
    return real_.private_lacks(bucket, deadline, std::move(stop));
  }
  Result<std::string> policy(const BucketName& bucket, Deadline deadline,
                             std::stop_token stop) override {
    const auto written = policies_.find(bucket);
    if (written != policies_.end()) return written->second;
    return real_.policy(bucket, deadline, std::move(stop));
  }
  Result<void> set_policy(const BucketName& bucket, const std::string& policy, Deadline,
                          std::stop_token) override {
    policies_[bucket] = policy;
    return {};
  }

 private:
  BucketAdmin& real_;
  std::map<BucketName, BucketNotifications> notifications_;
  std::map<BucketName, std::string> policies_;
  std::set<BucketName> made_private_;
};

class RehearsedTopics final : public TopicAdmin {
 public:
  RehearsedTopics(TopicAdmin& real, std::string arn_head)
      : real_(real), arn_head_(std::move(arn_head)) {}

  Result<std::string> ensure(const std::string& name, Deadline deadline,
                             std::stop_token stop) override {
    const std::string arn = arn_head_ + name;
    Result<std::string> present = policy(arn, deadline, std::move(stop));
    if (!present && present.error().code != Errc::not_found) return present.error();
    if (!present) policies_[arn] = "{}";
    return arn;
  }
  Result<std::string> policy(const std::string& arn, Deadline deadline,
                             std::stop_token stop) override {
    const auto written = policies_.find(arn);
    if (written != policies_.end()) return written->second;
    return real_.policy(arn, deadline, std::move(stop));
  }
  Result<std::string> kms_key(const std::string& arn, Deadline deadline,
                              std::stop_token stop) override {
    return real_.kms_key(arn, deadline, std::move(stop));
  }
  Result<void> set_policy(const std::string& arn, const std::string& policy, Deadline,
                          std::stop_token) override {
    policies_[arn] = policy;
    return {};
  }
  Result<std::vector<Subscription>> subscriptions(const std::string& arn, Deadline deadline,
                                                  std::stop_token stop) override {
    Result<std::vector<Subscription>> all = real_.subscriptions(arn, deadline, std::move(stop));
    if (!all && all.error().code != Errc::not_found) return all;
    std::vector<Subscription> known = all ? *std::move(all) : std::vector<Subscription>();
    const auto [first, last] = added_.equal_range(arn);
    for (auto one = first; one != last; ++one) known.push_back(one->second);
    return known;
  }
  Result<std::string> subscribe_queue(const std::string& topic_arn, const std::string& queue_arn,
                                      Deadline deadline, std::stop_token stop) override {
    CORDON_TRY(const std::vector<Subscription> known,
               subscriptions(topic_arn, deadline, std::move(stop)));
    for (const Subscription& one : known) {
      if (one.endpoint == queue_arn) return one.arn;
    }
    added_.emplace(topic_arn, Subscription{topic_arn + ":new", "sqs", queue_arn});
    return topic_arn + ":new";
  }
  Result<std::string> filter(const std::string& subscription_arn, Deadline deadline,
                             std::stop_token stop) override {
    const bool is_made_up = subscription_arn.ends_with(":new");
    if (is_made_up || cleared_.contains(subscription_arn)) return std::string();
    return real_.filter(subscription_arn, deadline, std::move(stop));
  }
  Result<void> clear_filter(const std::string& subscription_arn, Deadline,
                            std::stop_token) override {
    cleared_.insert(subscription_arn);
    return {};
  }
  Result<void> remove(const std::string&, Deadline, std::stop_token) override { return {}; }

 private:
  TopicAdmin& real_;
  const std::string arn_head_;
  std::set<std::string> cleared_;
  std::map<std::string, std::string> policies_;
  std::multimap<std::string, Subscription> added_;
};

class RehearsedQueues final : public QueueAdmin {
 public:
  RehearsedQueues(QueueAdmin& real, std::string arn_head)
      : real_(real), arn_head_(std::move(arn_head)) {}

  Result<QueueInfo> find(const std::string& name, Deadline deadline,
                         std::stop_token stop) override {
    const auto written = queues_.find(name);
    if (written != queues_.end()) return written->second;
    return real_.find(name, deadline, std::move(stop));
  }
  Result<QueueInfo> ensure(const std::string& name, const QueueSettings& settings,
                           Deadline deadline, std::stop_token stop) override {
    Result<QueueInfo> queue = find(name, deadline, std::move(stop));
    if (!queue && queue.error().code != Errc::not_found) return queue;
    QueueInfo info = queue ? *std::move(queue) : QueueInfo{};
    info.arn = arn_head_ + name;
    if (info.url.empty()) info.url = info.arn;
    info.policy = settings.policy;
    info.dead_letter_arn = settings.dead_letter_arn;
    info.visibility = settings.visibility;
    info.retention = settings.retention;
    info.receives_max = settings.dead_letter_arn.empty() ? 0 : settings.receives_max;
    queues_[name] = info;
    return info;
  }
  Result<void> set_policy(const std::string& url, const std::string& policy, Deadline deadline,
                          std::stop_token stop) override {
    for (auto& [name, queue] : queues_) {
      if (queue.url == url) queue.policy = policy;
    }
    // A queue that was only looked at so far: its name is the end of its URL.
    const std::string name = url.substr(url.rfind('/') + 1);
    if (queues_.contains(name) || url.find('/') == std::string::npos) return {};
    CORDON_TRY(QueueInfo queue, real_.find(name, deadline, std::move(stop)));
    queue.policy = policy;
    queues_[name] = std::move(queue);
    return {};
  }
  Result<void> remove(const std::string&, Deadline, std::stop_token) override { return {}; }

 private:
  QueueAdmin& real_;
  const std::string arn_head_;
  std::map<std::string, QueueInfo> queues_;
};

class RehearsedListening final : public TopicListening {
 public:
  explicit RehearsedListening(TopicListening& real) : real_(real) {}

  Result<Listening> listening(const std::string& topic_arn, const std::string& queue_arn,
                              Deadline deadline, std::stop_token stop) override {
    const auto written = listeners_.find({topic_arn, queue_arn});
    if (written != listeners_.end()) return written->second;
    return real_.listening(topic_arn, queue_arn, deadline, std::move(stop));
  }
  Result<void> listen(const std::string& topic_arn, const std::string& queue_arn,
                      const std::vector<BucketName>& buckets, Deadline, std::stop_token) override {
    listeners_[{topic_arn, queue_arn}] = {.subscribed = !buckets.empty(), .buckets = buckets};
    return {};
  }

 private:
  TopicListening& real_;
  std::map<std::pair<std::string, std::string>, Listening> listeners_;
};

class RehearsedBus final : public EventBus {
 public:
  explicit RehearsedBus(EventBus& real) : real_(real) {}

  Result<std::optional<EventRule>> rule(const std::string& name, Deadline deadline,
                                        std::stop_token stop) override {
    const auto written = rules_.find(name);
    if (written != rules_.end()) return written->second;
    return real_.rule(name, deadline, std::move(stop));
  }
  Result<void> put_rule(const EventRule& rule, Deadline, std::stop_token) override {
    rules_[rule.name] = rule;
    return {};
  }
  Result<void> remove_rule(const std::string& name, Deadline, std::stop_token) override {
    rules_[name] = std::nullopt;
    return {};
  }

 private:
  EventBus& real_;
  std::map<std::string, std::optional<EventRule>> rules_;
};

class RehearsedShares final : public FileShareAdmin {
 public:
  explicit RehearsedShares(FileShareAdmin& real) : real_(real) {}

  Result<std::vector<std::string>> list(Deadline deadline, std::stop_token stop) override {
    return real_.list(deadline, std::move(stop));
  }
  Result<FileShare> share(const std::string& arn, Deadline deadline,
                          std::stop_token stop) override {
    CORDON_TRY(FileShare found, real_.share(arn, deadline, std::move(stop)));
    const auto written = settling_.find(arn);
    if (written != settling_.end()) found.settling = written->second;
    return found;
  }
  Result<void> announce_uploads(const FileShare& share,
                                std::optional<std::chrono::seconds> settling, Deadline,
                                std::stop_token) override {
    settling_[share.arn] = settling;
    return {};
  }
  Result<void> refresh(const std::string&, const std::string&, Deadline, std::stop_token) override {
    return {};
  }

 private:
  FileShareAdmin& real_;
  std::map<std::string, std::optional<std::chrono::seconds>> settling_;
};

std::string arn_head(const char* service, const Region& region, const AccountId& account) {
  return regional_arn(service, region, account, "");
}

}  // namespace

struct DryRun::Stage {
  Stage(const Region& region, const AccountId& account, RegionAdmin admin, RegionWiring wiring)
      : buckets(admin.buckets),
        topics(admin.topics, arn_head("sns", region, account)),
        queues(admin.queues, arn_head("sqs", region, account)),
        listening(wiring.listening),
        bus(wiring.bus),
        shares(wiring.shares) {}

  RehearsedBuckets buckets;
  RehearsedTopics topics;
  RehearsedQueues queues;
  RehearsedListening listening;
  RehearsedBus bus;
  RehearsedShares shares;
};

DryRun::DryRun(AccountId account, RegionAdminSource regions, RegionWiringSource wiring)
    : account_(std::move(account)), regions_(std::move(regions)), wiring_(std::move(wiring)) {}

DryRun::~DryRun() = default;

Result<DryRun::Stage*> DryRun::stage_of(const Region& region) {
  std::unique_ptr<Stage>& stage = stages_[region];
  if (stage == nullptr) {
    CORDON_TRY(const RegionAdmin admin, regions_(region));
    CORDON_TRY(const RegionWiring wiring, wiring_(region));
    stage = std::make_unique<Stage>(region, account_, admin, wiring);
  }
  return stage.get();
}

BucketAdmin& DryRun::dry_run_of(BucketAdmin& real) {
  std::unique_ptr<BucketAdmin>& other = others_[&real];
  if (other == nullptr) other = std::make_unique<RehearsedBuckets>(real);
  return *other;
}

RegionAdminSource DryRun::regions() {
  return [this](const Region& region) -> Result<RegionAdmin> {
    CORDON_TRY(Stage * stage, stage_of(region));
    return RegionAdmin{stage->buckets, stage->topics, stage->queues};
  };
}

RegionWiringSource DryRun::wiring() {
  return [this](const Region& region) -> Result<RegionWiring> {
    CORDON_TRY(Stage * stage, stage_of(region));
    return RegionWiring{stage->listening, stage->bus, stage->shares};
  };
}

}  // namespace cordon
