#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "core/ports/document_store.h"

namespace cordon {

/// The last good settings document on disk, for the day on which an agent starts and the place
/// where documents are kept is away.
///
/// The file says whose document it is and carries a digest, so one that was cut, edited or belongs
/// to another deployment is never mistaken for ours. Threads: one at a time.
class DocumentCache {
 public:
  /// `origin` names the document ("s3://bucket/settings.json"). The directory is made when missing.
  DocumentCache(std::filesystem::path file, std::string origin)
      : file_(std::move(file)), origin_(std::move(origin)) {}

  /// Errors: not_found when there is none; invalid when it is damaged or another's; denied,
  /// unavailable.
  Result<StoredDocument> load() const;
  /// Errors: denied, unavailable; the file that is there then stays.
  Result<void> save(const StoredDocument& stored) const;

  const std::filesystem::path& file() const { return file_; }

 private:
  const std::filesystem::path file_;
  const std::string origin_;
};

}  // namespace cordon
