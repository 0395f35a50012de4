#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ports/event_bus.h"
#include "core/ports/file_share_admin.h"
#include "core/ports/topic_listening.h"
#include "provision/member_access.h"

namespace cordon {

/// Where it is known that there are no member accounts.
inline MembersSource no_members() {
  return [](Deadline, std::stop_token) -> Result<std::vector<MemberAccount>> {
    return std::vector<MemberAccount>();
  };
}

/// Who listens at which topic.
class FakeTopicListening final : public TopicListening {
 public:
  /// By topic and queue; a topic without an entry is not subscribed to.
  std::map<std::pair<std::string, std::string>, Listening> listeners;

  Result<Listening> listening(const std::string& topic_arn, const std::string& queue_arn, Deadline,
                              std::stop_token) override {
    const auto at = listeners.find({topic_arn, queue_arn});
    return at == listeners.end() ? Listening() : at->second;
  }
  Result<void> listen(const std::string& topic_arn, const std::string& queue_arn,
                      const std::vector<BucketName>& buckets, Deadline, std::stop_token) override {
    const auto at = listeners.find({topic_arn, queue_arn});
    if (at != listeners.end() && at->second.buckets.empty()) return {};
    listeners.erase({topic_arn, queue_arn});
    if (!buckets.empty()) {
      listeners[{topic_arn, queue_arn}] = {.subscribed = true, .buckets = buckets};
    }
    return {};
  }
};

class FakeEventBus final : public EventBus {
 public:
  std::map<std::string, EventRule> rules;

  Result<std::optional<EventRule>> rule(const std::string& name, Deadline,
                                        std::stop_token) override {
    const auto at = rules.find(name);
    if (at == rules.end()) return std::optional<EventRule>();
    return std::optional<EventRule>(at->second);
  }
  Result<void> put_rule(const EventRule& rule, Deadline, std::stop_token) override {
    rules[rule.name] = rule;
    return {};
  }
  Result<void> remove_rule(const std::string& name, Deadline, std::stop_token) override {
    rules.erase(name);
    return {};
  }
};

class FakeFileShareAdmin final : public FileShareAdmin {
 public:
  std::map<std::string, FileShare> shares;  ///< by ARN
  std::vector<std::pair<std::string, std::string>> refreshed;
  int lookups = 0;
  std::optional<Error> failure;  ///< Of every look at a share.

  Result<std::vector<std::string>> list(Deadline, std::stop_token) override {
    std::vector<std::string> arns;
    for (const auto& [arn, share] : shares) arns.push_back(arn);
    return arns;
  }
  Result<FileShare> share(const std::string& arn, Deadline, std::stop_token) override {
    ++lookups;
    if (failure) return *failure;
    const auto at = shares.find(arn);
    if (at == shares.end()) return Error{Errc::not_found, "no share " + arn};
    return at->second;
  }
  Result<void> announce_uploads(const FileShare& share,
                                std::optional<std::chrono::seconds> settling, Deadline,
                                std::stop_token) override {
    const auto at = shares.find(share.arn);
    if (at == shares.end()) return Error{Errc::not_found, "no share " + share.arn};
    at->second.settling = settling;
    return {};
  }
  Result<void> refresh(const std::string& arn, const std::string& folder, Deadline,
                       std::stop_token) override {
    refreshed.emplace_back(arn, folder);
    return {};
  }
};

}  // namespace cordon
