#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/verdict.h"

namespace cordon {

/// What is known about one object version in quarantine, from where it lies and what its metadata
/// say. Beside our fields lie whatever the uploader wrote, and where ours found no room theirs may
/// stand instead, so every field is checked and none is more than a claim, but for `original`.
struct QuarantineRecord {
  ObjectRef stored;  ///< In the quarantine bucket, with its version.
  /// Bucket and key where it was. Only from the key in quarantine, which the agent chose, or when
  /// the metadata lead to exactly that key; so an uploader cannot have it put elsewhere. None when
  /// the key was cut, or may lie beside another one's place, and the metadata do not tell it.
  std::optional<ObjectRef> original = std::nullopt;
  std::optional<VersionId> original_version = std::nullopt;
  std::optional<ETag> original_etag = std::nullopt;
  std::optional<std::string> sha256 = std::nullopt;  ///< 64 hex digits in lower case.
  std::vector<std::string> signatures = {};
  bool all_signatures = true;  ///< False: more were found than could be written down.
  std::optional<Disposition> result = std::nullopt;
  std::optional<Reason> reason = std::nullopt;
  std::optional<SystemTime> time = std::nullopt;  ///< Of the scan.
  std::optional<std::string> result_id = std::nullopt;

  bool operator==(const QuarantineRecord&) const = default;
};

/// Never fails: what is missing or malformed is unknown. Pure.
QuarantineRecord read_record(const ObjectRef& stored,
                             const std::map<std::string, std::string>& metadata);

/// Names one version in a quarantine bucket: `{version}:{key}`, both percent-encoded (the key keeps
/// its slashes). Printable ASCII without spaces or shell characters, and stable: it is no index.
std::string quarantine_id(const ObjectRef& stored);

/// Errors: invalid, with how an id looks.
Result<ObjectRef> parse_quarantine_id(std::string_view id, const BucketName& quarantine);

}  // namespace cordon
