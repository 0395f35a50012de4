#pragma once

#include <cstdint>
#include <stop_token>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// What a bucket is to Cordon.
enum class Standing : std::uint8_t {
  is_protected,  ///< Its objects are handled as its policy says.
  unprotected,   ///< Nobody told us to act there.
  own,           ///< One of Cordon's own (core/own_buckets.h): nothing is done there, for nobody.
  /// It was unprotected a moment ago, which is no answer to a message that was sent since.
  ask_again,
};

/// Where a message says that there is something to be done.
struct StandingQuestion {
  BucketName bucket;
  SystemTime told_at;  ///< When the message was sent.
  /// A gateway told of an upload: a file share that is linked may be what protects the bucket.
  /// Which one told does not matter, or whoever sends messages could ask about ever new ones.
  bool by_gateway = false;
  bool is_last = false;  ///< The message will not come again, so "ask again" is no answer.
};

/// Knows where an agent may act. A message alone never says so: whoever can send one could name any
/// bucket that the agent's role reaches.
///
/// Threads: any. Blocks: for a look at the bucket when it is not known.
class ProtectedBuckets {
 public:
  virtual ~ProtectedBuckets() = default;

  /// Errors: not_found: there is no such bucket; cancelled; timeout, unavailable, throttled,
  /// denied: it could not be found out, so nothing may be done and the message must not get lost.
  virtual Result<Standing> standing(const StandingQuestion& question, Deadline deadline,
                                    std::stop_token stop) = 0;
};

}  // namespace cordon
