#include "core/deployment.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {

Result<Deployment> Deployment::create(std::string_view name) {
  const bool letters = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (name.empty() || name.size() > 20 || !letters) {
    return Error{Errc::invalid,
                 "a deployment's name is 1 to 20 lower-case letters, digits and '-'"};
  }
  return Deployment(std::string(name));
}

std::string Deployment::bucket_rule(const BucketName& bucket) const {
  return "cordon-bucket-" + name_ + "-" + hex(sha256(bucket.str())).substr(0, 16);
}

BucketName Deployment::quarantine_bucket(const AccountId& account, const Region& region) const {
  return BucketName("cordon-quarantine-" + name_ + "-" + account.str() + "-" + region.str() +
                    (home_ ? "-an" : ""));
}

BucketName Deployment::system_bucket(const AccountId& account) const {
  return BucketName("cordon-system-" + name_ + "-" + account.str() +
                    (home_ ? "-" + home_->str() + "-an" : ""));
}

Deployment Deployment::with_account_regional_buckets(Region home) const {
  Deployment out = *this;
  out.home_ = std::move(home);
  return out;
}

namespace {

constexpr std::size_t kBucketMax = 63;
constexpr std::size_t kQueueMax = 80;
constexpr std::size_t kTopicMax = 256;
constexpr std::size_t kRuleMax = 64;
constexpr std::size_t kLogGroupMax = 512;
constexpr std::size_t kNotificationIdMax = 255;

/// A name and how long it may be.
struct Length {
  const char* what;
  std::string name;
  std::size_t most;
};

std::vector<Length> names_of(const Deployment& deployment, const AccountId& account,
                             const Region& region) {
  return {
      {"quarantine bucket", deployment.quarantine_bucket(account, region).str(), kBucketMax},
      {"system bucket", deployment.system_bucket(account).str(), kBucketMax},
      {"event queue", deployment.event_queue(), kQueueMax},
      {"queue of dead letters", deployment.dead_letters(), kQueueMax},
      {"sweep queue", deployment.sweep_queue(), kQueueMax},
      {"results queue", deployment.results_queue(), kQueueMax},
      {"results' queue of dead letters", deployment.results_dead_letters(), kQueueMax},
      {"event topic", deployment.event_topic(), kTopicMax},
      {"notification topic", deployment.notification_topic(), kTopicMax},
      {"rule of a bucket", deployment.bucket_rule(BucketName("any")), kRuleMax},
      {"rule of gateways", deployment.gateway_rule(), kRuleMax},
      {"notification entry", deployment.notification_id(), kNotificationIdMax},
      {"log group", deployment.log_group(), kLogGroupMax},
  };
}

}  // namespace

Result<void> check_name_lengths(const Deployment& deployment, const AccountId& account,
                                const Region& region) {
  const std::vector<Length> names = names_of(deployment, account, region);
  const auto room = [](const Length& one) {
    return static_cast<std::ptrdiff_t>(one.most) - static_cast<std::ptrdiff_t>(one.name.size());
  };
  const auto tightest =
      std::min_element(names.begin(), names.end(),
                       [&](const Length& a, const Length& b) { return room(a) < room(b); });
  if (room(*tightest) >= 0) return {};
  const auto letters = static_cast<std::ptrdiff_t>(deployment.name().size()) + room(*tightest);
  const std::string most = letters < 1 ? "no deployment's name is short enough there"
                                       : "there a deployment's name has at most " +
                                             std::to_string(letters) + " characters";
  return usage_error("deployment " + deployment.name() + " cannot be in region " + region.str() +
                     ": the name of its " + tightest->what + ", " + tightest->name + ", has " +
                     std::to_string(tightest->name.size()) + " characters, and at most " +
                     std::to_string(tightest->most) + " are allowed; " + most);
}

std::string deployment_id(std::string_view name, const std::optional<AccountId>& account) {
  return std::string(name) + (account ? "@" + account->str() : "");
}

}  // namespace cordon
