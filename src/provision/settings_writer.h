#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/allow.h"
#include "core/deployment.h"
#include "core/ports/document_store.h"
#include "provision/protection.h"
#include "provision/topology.h"
#include "settings/settings.h"

namespace cordon {

/// What became of an order to apply settings.
struct AppliedSettings {
  bool is_changed = false;  ///< False: the document said so already.
  StoredDocument stored = {};
  std::vector<ProvisionStep> steps = {};  ///< What the settings need and was looked at or made.
  std::vector<MemberAccount> members_before = {};  ///< By the document that was there.
  std::vector<MemberAccount> members = {};
};

/// Where settings are handed in: makes what they need, then writes them over exactly the document
/// that was there when it looked.
///
/// Threads: any; two writers at a time get one success and one conflict.
class SettingsWriter {
 public:
  /// Everything referred to outlives the writer. `home` is where the system bucket is made and,
  /// when nothing says otherwise, the notification topic. `tls_only` as in Protection.
  SettingsWriter(const Deployment& deployment, AccountId account, Region home,
                 RegionAdminSource regions, DocumentStore& store, bool tls_only);

  /// The document as it is kept. Errors: those of the store; not_found says how to begin.
  Result<StoredDocument> get(Deadline deadline, std::stop_token stop);

  /// Makes the system bucket and, for notifications, the topic where they are missing, and writes
  /// the canonical document. A notification region that is not stated stays the one that was, or
  /// becomes `home`. With `expected` the document must be that one.
  /// Errors: those of the ports; changed (somebody else's document is there: what to do).
  Result<AppliedSettings> apply(Settings settings, const std::optional<ETag>& expected,
                                Deadline deadline, std::stop_token stop);

  /// The same where there is no document yet. Errors: as apply; changed: there is one.
  Result<AppliedSettings> apply_first(Settings settings, Deadline deadline, std::stop_token stop);

  /// What the document says; what is usual where there is none.
  /// Errors: those of the store; invalid for a document that agents refuse.
  Result<Settings> current(Deadline deadline, std::stop_token stop);

  /// Puts on the allow list what is not there yet; all else stays, also in a race with somebody
  /// who applies settings. Errors: as apply; invalid for a document that agents refuse.
  Result<void> allow(const std::vector<AllowEntry>& entries, Deadline deadline,
                     std::stop_token stop);
  /// Says that the bucket is `account`'s and by which role it is reached, in place of what was said
  /// before. Returns whether that is a change. Errors: as allow.
  Result<bool> enrol(const MemberAccount& account, const BucketName& bucket, Deadline deadline,
                     std::stop_token stop);
  /// The bucket is no member's any more; an account without buckets is forgotten.
  Result<bool> dismiss(const BucketName& bucket, Deadline deadline, std::stop_token stop);

 private:
  /// Does `change`, which says whether it changed anything, again for as long as others write.
  Result<bool> edit(const std::function<bool(Settings&)>& change, Deadline deadline,
                    std::stop_token stop);
  Result<std::optional<StoredDocument>> present(Deadline deadline, std::stop_token stop);
  Result<Settings> meaning_of(const std::optional<StoredDocument>& stored) const;
  Result<AppliedSettings> replace(std::optional<StoredDocument> stored, Settings settings,
                                  Deadline deadline, std::stop_token stop);
  /// Where objects are sent: whether the place is there and drops unfinished uploads. What stands
  /// in the way of looking is a note: nothing depends on it.
  Result<std::vector<ProvisionStep>> look_at_destinations(const PolicySet& policies,
                                                          Deadline deadline, std::stop_token stop);
  Result<ProvisionStep> ensure_bucket(Deadline deadline, std::stop_token stop);
  Result<ProvisionStep> ensure_topic(const Region& region, Deadline deadline, std::stop_token stop);
  std::string place() const;

  const Deployment deployment_;
  const AccountId account_;
  const Region home_;
  const RegionAdminSource regions_;
  DocumentStore& store_;
  const bool tls_only_;
};

}  // namespace cordon
