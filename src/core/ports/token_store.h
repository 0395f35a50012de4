#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/api_token.h"

namespace cordon {

/// The API tokens of a console. Threads: any. Errors of every method: as FindingStore.
class TokenStore {
 public:
  virtual ~TokenStore() = default;

  /// Errors: also changed: there is one of this name that is not revoked.
  virtual Result<void> add_token(const ApiToken& token, Deadline deadline,
                                 std::stop_token stop) = 0;
  /// All that there ever were, by name and time; at most the 1,000 newest.
  virtual Result<std::vector<ApiToken>> tokens(Deadline deadline, std::stop_token stop) = 0;
  /// The token with this digest, also one that does not count any more; none when there is none.
  virtual Result<std::optional<ApiToken>> find_token(const std::string& digest, Deadline deadline,
                                                     std::stop_token stop) = 0;
  /// From now on no token of this name counts. Errors: also not_found: none of this name did.
  virtual Result<void> revoke_token(const std::string& name, SystemTime now, Deadline deadline,
                                    std::stop_token stop) = 0;
};

}  // namespace cordon
