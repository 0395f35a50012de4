#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/deployment.h"
#include "core/policy.h"

namespace cordon {

/// Whether the name has the form of the buckets that Cordon makes, of any deployment, account and
/// region: cordon-quarantine-{deployment}-{account}-{region}, cordon-system-{deployment}-{account},
/// and both account-regional (docs/formats/resources.md). Pure.
bool has_own_name(const BucketName& bucket);

/// The same for system buckets alone. Pure.
bool is_system_bucket(const BucketName& bucket);

/// Whether the name is that of a quarantine which this deployment makes in some region of the
/// account. Pure.
bool is_quarantine_of(const Deployment& deployment, const AccountId& account,
                      const BucketName& bucket);

/// Why no bucket of this name can be protected: it is no general purpose bucket of S3, but a
/// directory bucket, a table bucket or the alias of an access point. None: it may be one. Pure.
std::optional<std::string> why_not_protectable(const BucketName& bucket);

/// Every quarantine that the policies name. Pure.
std::set<BucketName> named_quarantines(const PolicySet& policies);

/// Whether the bucket is Cordon's own: what lies in it is infected already, or says how Cordon
/// works, so nobody scans, tags, moves, protects or gates it. The one place that says so; whoever
/// asks passes the policies that are in force at that moment, since they name quarantines. Pure.
bool is_own_bucket(const BucketName& bucket, const PolicySet& policies);

}  // namespace cordon
