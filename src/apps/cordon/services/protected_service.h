#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "apps/cordon/cli.h"
#include "apps/cordon/commands/agent_flags.h"
#include "operations/deployment_access.h"
#include "operations/member_buckets.h"
#include "settings_live/protected_set.h"
#include "settings_live/protected_watch.h"

namespace cordon {

/// How an agent finds out about a bucket that it does not know.
enum class UnknownBuckets : std::uint8_t {
  are_asked,      ///< By what leads their events to us.
  are_looked_up,  ///< In the document as it is now: nothing at the bucket says it (kByPush).
};

/// Where this agent may act, kept up to date by a thread named "protected" for as long as this
/// lives.
class ProtectedService {
 public:
  /// Everything that is passed outlives the service. `cache`: where the document is kept on disk;
  /// empty: it is not.
  ProtectedService(const std::filesystem::path& cache, DeploymentAccess& cloud,
                   MemberBuckets& buckets, MemberBuckets::SettingsSource settings,
                   UnknownBuckets unknown, Process& process);

  ProtectedBuckets& buckets() { return set_; }

 private:
  const std::optional<DocumentCache> cache_;
  ProtectedWatch watch_;
  ProtectedSet set_;
  std::jthread thread_;  ///< Last: it ends before what it uses.
};

}  // namespace cordon
