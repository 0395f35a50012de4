#include "apps/cordon/account/named_deployment.h"

#include "aws/service_error.h"
#include "base/text.h"

namespace cordon {

Result<Deployment> named_deployment(const CommonOptions& options) {
  CORDON_TRY(Deployment deployment, Deployment::create(options.deployment));
  const bool regional = options.bucket_namespace == "account-regional";
  if (!regional && !options.home_region) return deployment;
  if (!regional) {
    return usage_error(
        "--home-region (CORDON_HOME_REGION) goes with --bucket-namespace account-regional "
        "(CORDON_BUCKET_NAMESPACE): other system buckets are found without it");
  }
  // Guessing it would give each region a system bucket, and agents settings that nobody wrote.
  if (!options.home_region) {
    return usage_error(
        "account-regional names hold a region, so say in which one the system bucket is or is to "
        "be, for commands and agents of all regions the same: --home-region REGION "
        "(CORDON_HOME_REGION)");
  }
  if (!is_region_name(*options.home_region)) {
    return usage_error("--home-region is \"" + utf8_clean(*options.home_region, 64) +
                       "\", which is no region: write one like eu-west-1");
  }
  return deployment.with_account_regional_buckets(Region(*options.home_region));
}

}  // namespace cordon
