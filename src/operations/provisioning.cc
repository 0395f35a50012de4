#include "operations/provisioning.h"

#include <utility>

namespace cordon {

Provisioning::Provisioning(DeploymentAccess& access, bool is_rehearsal)
    : access_(access),
      is_rehearsal_(is_rehearsal),
      rehearsal_(access.account(), access.region_admins(), access.region_wiring()) {}

Protection Provisioning::protection() {
  return is_rehearsal_ ? access_.protection(rehearsal_) : access_.protection();
}

Protection Provisioning::protection(MemberAccess member) {
  Protection protection = this->protection();
  protection.serve_member(is_rehearsal_ ? rehearsed(std::move(member)) : std::move(member));
  return protection;
}

RegionUpkeep Provisioning::regions() {
  return {access_.deployment(), access_.account(),
          is_rehearsal_ ? rehearsal_.regions() : access_.region_admins(),
          is_rehearsal_ ? rehearsal_.wiring() : access_.region_wiring(), access_.census()};
}

MemberAccess Provisioning::rehearsed(MemberAccess member) {
  const auto pretend = [](const BucketName&, Deadline, std::stop_token) -> Result<bool> {
    return true;
  };
  member.buckets =
      [this, real = std::move(member.buckets)](const Region& region) -> Result<BucketAdmin*> {
    CORDON_TRY(BucketAdmin * buckets, real(region));
    return &rehearsal_.rehearsed(*buckets);
  };
  member.enrol = pretend;
  member.dismiss = pretend;
  return member;
}

}  // namespace cordon
