#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "operations/deployment_settings.h"

// What the settings were: the system bucket keeps every version of their document. Each of these
// takes at most a minute.

namespace cordon {

/// One version of the document, as the bucket's catalogue has it.
struct SettingsVersion {
  VersionId version;
  ETag etag;
  std::uint64_t bytes = 0;
  SystemTime modified;
  bool is_current = false;
};

/// Some versions, the newest first.
struct SettingsHistory {
  std::vector<SettingsVersion> versions = {};
  std::optional<VersionId> next = std::nullopt;  ///< Behind which there may be more.
};

/// `after`: only what is older than this version. `count_max`: 1 to 1,000. Without a document there
/// is no version. Errors: those of the bucket.
Result<SettingsHistory> settings_history(DeploymentAccess& access, const Runtime& runtime,
                                         std::size_t count_max,
                                         const std::optional<VersionId>& after);

/// The document as it was. Errors: those of the bucket; not_found: there is no such version.
Result<StoredSettings> settings_version(DeploymentAccess& access, const Runtime& runtime,
                                        const VersionId& version);

boost::json::object document_of(const SettingsVersion& version);

}  // namespace cordon
