#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// Which of a topic's messages a queue takes.
struct Listening {
  bool subscribed = false;
  /// Subscribed without a condition of ours: somebody else's doing, and every message comes.
  bool unfiltered = false;
  std::vector<BucketName> buckets;  ///< Of our condition, sorted.

  bool operator==(const Listening&) const = default;
};

/// Listening at a topic that is somebody else's, to the S3 events of some buckets only: what else
/// goes over that topic must not reach our agents.
///
/// Threads: any. Errors: as BucketAdmin; not_found: no such topic.
class TopicListening {
 public:
  virtual ~TopicListening() = default;

  virtual Result<Listening> listening(const std::string& topic_arn, const std::string& queue_arn,
                                      Deadline deadline, std::stop_token stop) = 0;
  /// Subscribes the queue to the events of exactly these buckets, under that condition from the
  /// first message on; no buckets: not at all. A subscription without our condition is left alone.
  virtual Result<void> listen(const std::string& topic_arn, const std::string& queue_arn,
                              const std::vector<BucketName>& buckets, Deadline deadline,
                              std::stop_token stop) = 0;
};

}  // namespace cordon
