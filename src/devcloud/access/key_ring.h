#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// One access key. A temporary one carries a session token and an end.
struct AccessKey {
  std::string secret;
  std::string token;                  ///< Empty: a lasting key.
  std::optional<SystemTime> expires;  ///< Of temporary keys.
  Identity identity;
};

/// The keys that may sign. Threads: any.
class KeyRing {
 public:
  void add(AccessKey key);
  std::optional<AccessKey> find(std::string_view access_key) const;
  void remove(std::string_view access_key);
  /// Whether a key belongs to the user or session of this ARN.
  bool knows(std::string_view arn) const;
  /// Drops temporary keys whose time is long over, so that a busy STS does not grow for ever.
  void forget_expired(SystemTime now);

 private:
  Guarded<std::map<std::string, AccessKey, std::less<>>> keys_;
};

}  // namespace cordon::cloud
