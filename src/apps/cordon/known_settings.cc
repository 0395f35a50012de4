#include "apps/cordon/known_settings.h"

#include <cstdio>

namespace cordon {
namespace {

constexpr std::chrono::seconds kLimit{15};

}  // namespace

Result<Settings> known_settings(Cloud& cloud, const Process& process) {
  Result<Settings> settings =
      cloud.settings_desk().current(Deadline::after(process.clock, kLimit), process.stop);
  if (settings) {
    cloud.expect_owners([&cloud, kept = *settings](const BucketName& bucket) {
      return owner_of(kept, bucket, cloud.account());
    });
  }
  if (settings || settings.error().code != Errc::denied) return settings;
  std::fprintf(stderr,
               "cordon: the settings may not be read (%s); what is usual is taken for the names of "
               "the tags, the quarantine and what may be Clean\n",
               settings.error().what.c_str());
  return Settings();
}

BucketName quarantine_of(const Cloud& cloud, const Settings& settings, const BucketName& bucket) {
  const Policy policy = resolve_policy(settings.policies, cloud.region(), bucket, ObjectKey());
  return policy.quarantine.value_or(
      cloud.deployment().quarantine_bucket(cloud.account(), cloud.region()));
}

}  // namespace cordon
