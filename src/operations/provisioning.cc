#include "operations/provisioning.h"

#include <utility>

namespace cordon {

Provisioning::Provisioning(DeploymentAccess& access, bool is_dry_run)
    : access_(access),
      is_dry_run_(is_dry_run),
      dry_run_(access.account(), access.region_admins(), access.region_wiring()) {}

Protection Provisioning::protection() {
  return is_dry_run_ ? access_.protection(dry_run_) : access_.protection();
}

Protection Provisioning::protection(MemberAccess member) {
  Protection protection = this->protection();
  protection.serve_member(is_dry_run_ ? dry_run_of(std::move(member)) : std::move(member));
  return protection;
}

Result<PushProtection> Provisioning::push_protection(const Protection& protection,
                                                     std::optional<std::uint32_t> quarantine_days) {
  return is_dry_run_ ? access_.push_protection(protection, quarantine_days, dry_run_)
                     : access_.push_protection(protection, quarantine_days);
}

RegionUpkeep Provisioning::regions() {
  return {access_.deployment(), access_.account(),
          is_dry_run_ ? dry_run_.regions() : access_.region_admins(),
          is_dry_run_ ? dry_run_.wiring() : access_.region_wiring(), access_.census()};
}

MemberAccess Provisioning::dry_run_of(MemberAccess member) {
  const auto pretend = [](const BucketName&, Deadline, std::stop_token) -> Result<bool> {
    return true;
  };
  member.buckets =
      [this, real = std::move(member.buckets)](const Region& region) -> Result<BucketAdmin*> {
    CORDON_TRY(BucketAdmin * buckets, real(region));
    return &dry_run_.dry_run_of(*buckets);
  };
  member.enrol = pretend;
  member.dismiss = pretend;
  return member;
}

}  // namespace cordon
