#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/ports/region.h"
#include "provision/protected_register.h"
#include "provision/protection.h"
#include "provision/provision_report.h"

namespace cordon {

/// Buckets whose store posts its events to an agent (`cordon agent --http-events`): agents act in
/// them because the protected set says so, and for no other reason. The store's own configuration
/// leads the events there, and is its owner's.
///
/// All of them count as of one region, in which the agents and the quarantine are. Everything but
/// S3 itself stays unasked. Idempotent.
///
/// Threads: one. Errors: those of the ports.
class PushProtection {
 public:
  /// What it works with; all outlive it. `checks` says which buckets are Cordon's own.
  struct Ports {
    const Protection& checks;
    BucketAdmin& buckets;
    ProtectedRegister& protected_register;
  };

  /// `tls_only` as in Protection. `quarantine_days`: as Protection::expire_quarantine_after.
  PushProtection(const Deployment& deployment, AccountId account, Region region, bool tls_only,
                 std::optional<std::uint32_t> quarantine_days, Ports ports);

  /// Errors: also where the protected set cannot be written: nothing else would tell agents.
  Result<ProvisionReport> protect(const BucketName& bucket, Deadline deadline,
                                  std::stop_token stop);
  Result<ProvisionReport> unprotect(const BucketName& bucket, Deadline deadline,
                                    std::stop_token stop);
  Result<ProvisionReport> status(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  /// Those that the protected set names in this region, without steps.
  Result<std::vector<ProvisionReport>> list(Deadline deadline, std::stop_token stop);

 private:
  Result<void> ensure_system_bucket(ProvisionReport& report, Deadline deadline,
                                    std::stop_token stop);
  Result<void> ensure_quarantine(ProvisionReport& report, Deadline deadline, std::stop_token stop);
  Result<void> look_at_versions(ProvisionReport& report, Deadline deadline, std::stop_token stop);
  bool is_ours(const ProtectedBucket& entry) const;

  const Deployment deployment_;
  const AccountId account_;
  const Region region_;
  const bool tls_only_;
  const std::optional<std::uint32_t> quarantine_days_;
  const Ports ports_;
};

}  // namespace cordon
