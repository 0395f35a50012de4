#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// How a queue is meant to be.
struct QueueSettings {
  std::chrono::seconds visibility{120};
  std::chrono::seconds retention{14 * 24 * 3600};
  std::chrono::seconds long_poll{20};
  std::string policy;           ///< JSON document; empty: none.
  std::string dead_letter_arn;  ///< Empty: none.
  int receives_max = 5;         ///< With dead letters: deliveries before a message goes there.
};

/// A queue as it was found.
struct QueueInfo {
  std::string url;
  std::string arn;
  std::string policy;
  std::string dead_letter_arn;
  std::string kms_key = {};    ///< Id, ARN or alias; empty: none, or the service's own encryption.
  std::uint64_t messages = 0;  ///< Approximate: waiting, in flight and delayed.
  std::uint64_t message_bytes_max = 0;
  std::chrono::seconds visibility{30};  ///< How long a received message stays hidden.
  std::chrono::seconds retention{0};    ///< 0: the service did not say.
  int receives_max = 0;                 ///< 0: no dead letters, or the service did not say.
};

/// The queues of one region. Threads: any. Errors: as BucketAdmin.
class QueueAdmin {
 public:
  virtual ~QueueAdmin() = default;

  /// Errors: not_found when there is no queue of that name.
  virtual Result<QueueInfo> find(const std::string& name, Deadline deadline,
                                 std::stop_token stop) = 0;
  /// Creates the queue, or brings an existing one to these settings. MaximumMessageSize goes to its
  /// ceiling: S3 drops events that a queue is too small for.
  virtual Result<QueueInfo> ensure(const std::string& name, const QueueSettings& settings,
                                   Deadline deadline, std::stop_token stop) = 0;
  /// Replaces the access policy and leaves everything else as it is.
  virtual Result<void> set_policy(const std::string& url, const std::string& policy,
                                  Deadline deadline, std::stop_token stop) = 0;
  virtual Result<void> remove(const std::string& url, Deadline deadline, std::stop_token stop) = 0;
};

}  // namespace cordon
