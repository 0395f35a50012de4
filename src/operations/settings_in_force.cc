#include "operations/settings_in_force.h"

#include <utility>

namespace cordon {

Result<KnownSettings> settings_in_force(DeploymentAccess& access, Deadline deadline,
                                        std::stop_token stop) {
  Result<Settings> settings = access.settings_writer().current(deadline, std::move(stop));
  if (settings) {
    access.expect_owners([home = access.account(), kept = *settings](const BucketName& bucket) {
      return owner_of(kept, bucket, home);
    });
    return KnownSettings{.settings = *std::move(settings)};
  }
  if (settings.error().code != Errc::denied) return settings.error();
  return KnownSettings{.unseen = settings.error()};
}

}  // namespace cordon
