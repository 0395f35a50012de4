#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aws/service_client.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/ports/store_probe.h"

namespace cordon {

/// Whose store it is. AWS's own is known and is never tried.
enum class StoreOwner : unsigned char { aws, other };

/// Tries with two small objects what a server that speaks S3 does of it, and removes them.
class S3StoreProbe final : public StoreProbe {
 public:
  S3StoreProbe(ServiceClient& client, const Clock& clock, Random& random, StoreOwner owner)
      : client_(client), clock_(clock), random_(random), owner_(owner) {}

  Result<StoreTraits> traits(const BucketName& bucket, Deadline deadline,
                             std::stop_token stop) override;

 private:
  ServiceClient& client_;
  const Clock& clock_;
  Random& random_;
  const StoreOwner owner_;
  std::mutex mutex_;  ///< Held while trying: whoever comes meanwhile waits for the answer.
  std::optional<StoreTraits> known_;
};

}  // namespace cordon
