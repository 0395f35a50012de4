#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include <boost/json/fwd.hpp>

#include "base/runtime.h"
#include "operations/deployment_access.h"
#include "provision/bucket_watch.h"

// Protecting the buckets that appear (provision/bucket_watch.h), in one account or in all.

namespace cordon {

/// Whose buckets are watched, and which.
struct WatchRequest {
  WatchOptions options = {};  ///< The policies are always those of the settings of the moment.
  /// Another account in place of ours, by a role of it (`id` and `buckets` are not looked at).
  std::optional<MemberAccount> member = std::nullopt;
  bool all_members = false;  ///< Ours and those of the settings, which are read in every round.
};

/// Who hears of a watch.
struct WatchListener {
  std::function<void(const WatchEvent& event)> event;
  std::function<void(const Error& why)>
      trouble;  ///< An account, or a round, could not be looked at.
};

/// One look. An account in trouble holds up no other, and counts as one that failed. Errors: those
/// of the settings, of the role that is named, and of BucketWatch::round.
Result<WatchRound> watch_once(DeploymentAccess& access, const Runtime& runtime,
                              const WatchRequest& request, const WatchListener& listener);

/// Looks until the stop request, `interval` apart. Errors, before the first look: those of the
/// settings and of the role that is named.
Result<void> watch_buckets(DeploymentAccess& access, const Runtime& runtime,
                           const WatchRequest& request, std::chrono::seconds interval,
                           const WatchListener& listener);

/// `time`: when it happened.
boost::json::object document_of(const WatchEvent& event, SystemTime time);

}  // namespace cordon
