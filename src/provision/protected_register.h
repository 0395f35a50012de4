#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/ports/document_store.h"
#include "core/protected_document.h"
#include "provision/provision_report.h"

namespace cordon {

/// Where the protected set is written, over exactly the document that was there when it was read;
/// again for as long as others write.
///
/// Threads: any, one call at a time. Errors: those of the store; invalid: the document that is
/// there is another program's or damaged, and is left alone.
class ProtectedRegister {
 public:
  /// Makes the place of the document where it is missing.
  using MakePlace = std::function<Result<void>(Deadline deadline, std::stop_token stop)>;

  /// `store` outlives the register. `is_dry_run`: says what would be written, and writes
  /// nothing.
  ProtectedRegister(DocumentStore& store, MakePlace make_place, bool is_dry_run)
      : store_(store), make_place_(std::move(make_place)), is_dry_run_(is_dry_run) {}

  /// Empty when there is none.
  Result<ProtectedDocument> current(Deadline deadline, std::stop_token stop);
  /// Says that `way` leads the bucket's events to us; what is said of another account or region is
  /// over. Returns whether that is a change.
  Result<bool> add(const BucketName& bucket, const AccountId& account, const Region& region,
                   const std::string& way, Deadline deadline, std::stop_token stop);
  /// Says that it does no longer; a bucket without any way is forgotten.
  Result<bool> remove(const BucketName& bucket, const std::string& way, Deadline deadline,
                      std::stop_token stop);

 private:
  using Change = std::function<bool(ProtectedDocument&)>;
  Result<void> read(Deadline deadline, std::stop_token stop);
  Result<bool> edit(const Change& change, Deadline deadline, std::stop_token stop);

  DocumentStore& store_;
  const MakePlace make_place_;
  const bool is_dry_run_;
  std::optional<ETag> etag_;    ///< Of what was read last, so that it is not fetched again.
  ProtectedDocument document_;  ///< What was read last.
};

/// The step of a report that says what became of an entry. That it may not be written is no
/// failure: agents then ask the bucket itself.
Result<ProvisionStep> entry_step(const Result<bool>& added);
/// An entry was taken out.
ProvisionStep removal_step();
/// An entry could not be taken out, which is a failure: a bucket that is named is never looked at.
Error not_removed(Error error);

}  // namespace cordon
