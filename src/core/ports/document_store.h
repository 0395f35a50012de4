#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// A document as it is kept. What it says is not known here.
struct StoredDocument {
  std::string document;  ///< Foreign bytes, at most 1 MiB.
  ETag etag;             ///< Names this state of the document.
  std::optional<VersionId> version = std::nullopt;

  bool operator==(const StoredDocument&) const = default;
};

/// Where one document of a deployment is kept (its settings, the protected set, a sweep's
/// checkpoint, a state of the brake). It is there or it is not.
///
/// Threads: any. Errors of every method: cancelled, timeout, unavailable, throttled, denied (also:
/// the place belongs to somebody else), not_found (the place is not there), invalid.
class DocumentStore {
 public:
  virtual ~DocumentStore() = default;

  /// The document, or nothing when it is still the one that `known` names.
  /// Errors: also not_found when there is no document; invalid when it is longer than 1 MiB.
  virtual Result<std::optional<StoredDocument>> read(const std::optional<ETag>& known,
                                                     Deadline deadline, std::stop_token stop) = 0;

  /// Replaces the document that `expected` names; without it, writes the first one. Returns what is
  /// kept now. Writing what is there already succeeds, whoever wrote it: a repeat after a lost
  /// reply cannot be told from that.
  /// Errors: also changed: another document is there, or none where one was expected.
  virtual Result<StoredDocument> write(const std::string& document,
                                       const std::optional<ETag>& expected, Deadline deadline,
                                       std::stop_token stop) = 0;
};

}  // namespace cordon
