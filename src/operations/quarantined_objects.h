#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "quarantine/listing.h"
#include "quarantine/restoration.h"
#include "settings/settings.h"

// What people do with objects in quarantine: list them, put one back, delete some. `settings` are
// those in force. An object in quarantine is named by an id (core/quarantine_record.h).

namespace cordon {

/// Which entries of the deployment's quarantines are listed.
struct QuarantineListRequest {
  std::optional<BucketName> quarantine = std::nullopt;  ///< None: every one, in all regions.
  std::optional<BucketName> bucket = std::nullopt;      ///< Only what came from this bucket.
  std::string prefix = {};                              ///< Of the original keys; needs a bucket.
  std::optional<std::string> after = std::nullopt;      ///< Only what follows this id.
  std::size_t count_max = 1000;                         ///< Of all quarantines together.
};

/// How the list of one quarantine bucket went.
struct QuarantineListing {
  enum class State : std::uint8_t {
    listed,
    missing,       ///< There is no such bucket.
    out_of_reach,  ///< The bucket is another region's, and the caller's rights end before it.
    failed,
  };

  BucketName quarantine;
  State state = State::listed;
  std::optional<Error> error = std::nullopt;  ///< Set exactly when it is not `listed`.
  std::size_t count = 0;
  std::size_t unread = 0;  ///< So many entries could not be looked at; each says why.
  std::optional<ObjectRef> more = std::nullopt;  ///< The last one, when more follow.
};

/// What a list of the quarantines came to. What is wrong with one says nothing about the others, so
/// all are asked until there are as many entries as were wanted.
struct QuarantineListReport {
  std::vector<QuarantineListing> listings = {};
  std::size_t not_asked = 0;  ///< Quarantines behind the last one that was.
  /// Which could not be looked for, and why.
  std::vector<std::string> unseen = {};
};

/// Whether there is no quarantine at all.
bool has_no_quarantine(const QuarantineListReport& report);
/// Whether something may be in quarantine that was not listed, and whose list does not go on.
bool is_incomplete(const QuarantineListReport& report);

/// Gives every entry to `on_entry`, quarantine by quarantine, each in the order of list_quarantine.
/// Blocks: at most an hour for each quarantine.
/// Errors: invalid (no id, an id that no quarantine has, a prefix without a bucket), cancelled.
Result<QuarantineListReport> list_quarantined(
    DeploymentAccess& access, const Runtime& runtime, const Settings& settings,
    const QuarantineListRequest& request,
    const std::function<void(const QuarantineEntry&)>& on_entry);

/// Where the objects with these ids lie: all of them, or the error of the first. Without a bucket
/// to look in that is the quarantine that has the version; where none does, the first one, of which
/// the next step then says what is wrong.
/// Errors: invalid (no id), cancelled.
Result<std::vector<ObjectRef>> locate_quarantined(DeploymentAccess& access, const Runtime& runtime,
                                                  const Settings& settings,
                                                  const std::vector<std::string>& ids,
                                                  const std::optional<BucketName>& quarantine);

/// Puts one object back (quarantine/restoration.h); `before` is told of each step before it is
/// done. Blocks: at most six hours. Errors: those of Restoration.
Result<Restored> restore_quarantined(DeploymentAccess& access, const Runtime& runtime,
                                     const Settings& settings, const RestoreRequest& request,
                                     const std::function<void(std::string_view)>& before);

/// One version that was deleted from quarantine.
struct QuarantineDeletion {
  ObjectRef stored;
};

/// Deletes exactly this version, for good. Blocks: at most five minutes.
/// Errors: those of remove_known; not_found when there is no such version.
Result<QuarantineDeletion> delete_quarantined(DeploymentAccess& access, const Runtime& runtime,
                                              const ObjectRef& stored);

/// "cordon.quarantine/1" (docs/formats/quarantine.md).
boost::json::object document_of(const QuarantineEntry& entry);
/// The same of what is not there any more, with where it is now.
boost::json::object document_of(const Restored& restored);
boost::json::object document_of(const QuarantineDeletion& deletion);

}  // namespace cordon
