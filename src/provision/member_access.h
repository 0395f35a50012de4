#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "core/member_account.h"
#include "core/ports/bucket_admin.h"
#include "core/ports/event_bus.h"
#include "core/ports/topic_listening.h"

namespace cordon {

/// Buckets of another account, reached in a role of it. Topic, queues and quarantine stay ours.
struct MemberAccess {
  MemberAccount account;
  /// The buckets of a region, with the role's rights; valid as long as the source.
  std::function<Result<BucketAdmin*>(const Region& region)> buckets;
  /// Tells agents of a bucket and its role, and no longer. Returns whether they did not know.
  std::function<Result<bool>(const BucketName& bucket, Deadline deadline, std::stop_token stop)>
      enrol;
  std::function<Result<bool>(const BucketName& bucket, Deadline deadline, std::stop_token stop)>
      dismiss;
};

/// All accounts that agents know of, from the settings in force.
using MembersSource =
    std::function<Result<std::vector<MemberAccount>>(Deadline deadline, std::stop_token stop)>;

/// The buses and topics of a member account, which are not ours to use: there is nothing of ours on
/// them, and nothing can be put there.
class ForeignBus final : public EventBus {
 public:
  Result<std::optional<EventRule>> rule(const std::string&, Deadline, std::stop_token) override {
    return std::optional<EventRule>();
  }
  Result<void> put_rule(const EventRule&, Deadline, std::stop_token) override { return refusal(); }
  Result<void> remove_rule(const std::string&, Deadline, std::stop_token) override { return {}; }

  static Error refusal() {
    return Error{Errc::invalid,
                 "in another account a bucket is wired by a notification of its own only"};
  }
};

/// The same for topics: nothing of ours listens there, and nothing can be made to.
class ForeignListening final : public TopicListening {
 public:
  Result<Listening> listening(const std::string&, const std::string&, Deadline,
                              std::stop_token) override {
    return Listening();
  }
  Result<void> listen(const std::string&, const std::string&, const std::vector<BucketName>&,
                      Deadline, std::stop_token) override {
    return ForeignBus::refusal();
  }
};

}  // namespace cordon
