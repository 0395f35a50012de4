#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/member_account.h"
#include "provision/protected_register.h"
#include "provision/provision_report.h"
#include "provision/topology.h"

namespace cordon {

/// The accounts whose events a topic takes beside ours: those with buckets.
std::vector<AccountId> event_senders(const std::vector<MemberAccount>& members,
                                     const AccountId& ours);

/// What in the deployment's own account follows from which accounts are members: who may publish to
/// the topics and copy into the quarantines of all regions, and which of their buckets are in the
/// protected set (docs/adr/0034-member-accounts.md).
///
/// Threads: one. All references outlive it.
class MemberUpkeep {
 public:
  /// `tls_only` as in Protection. `home` is looked at whatever the protected set says.
  MemberUpkeep(const Deployment& deployment, AccountId account, Region home,
               RegionAdminSource regions, bool tls_only)
      : deployment_(deployment),
        account_(std::move(account)),
        home_(std::move(home)),
        regions_(std::move(regions)),
        tls_only_(tls_only) {}

  /// `home` and the regions that the protected set names.
  std::set<Region> regions_in(const ProtectedDocument& set) const;

  /// Edits the policies of topics and quarantines that are there; adds what was changed, and what
  /// may not be changed with the rights at hand. Errors: those of the ports, with the region.
  Result<void> settle(const std::vector<MemberAccount>& members, const std::set<Region>& regions,
                      std::vector<ProvisionStep>& steps, Deadline deadline, std::stop_token stop);

  /// After other accounts were written into the settings: does what can be done from here, and says
  /// which commands are left. Errors: cancelled; everything else is a step.
  Result<std::vector<ProvisionStep>> follow(const std::vector<MemberAccount>& before,
                                            const std::vector<MemberAccount>& now,
                                            ProtectedRegister& protected_register,
                                            Deadline deadline, std::stop_token stop);

 private:
  Result<void> settle_topic(const Region& region, const std::vector<MemberAccount>& members,
                            std::vector<ProvisionStep>& steps, Deadline deadline,
                            std::stop_token stop);
  Result<void> settle_quarantine(const Region& region, const std::vector<MemberAccount>& members,
                                 std::vector<ProvisionStep>& steps, Deadline deadline,
                                 std::stop_token stop);

  const Deployment deployment_;
  const AccountId account_;
  const Region home_;
  const RegionAdminSource regions_;
  const bool tls_only_;
};

}  // namespace cordon
