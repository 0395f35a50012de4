#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/result.h"

namespace cordon {

/// What one look at a password costs, whoever wants to try many.
struct PasswordCost {
  unsigned long long passes;
  std::size_t memory_bytes;
};
/// The second choice of RFC 9106 (section 4): 64 MiB and three passes, about 0.15 s.
inline constexpr PasswordCost kPasswordCost{3, std::size_t{64} << 20U};

/// Argon2id. Two at a time, for each has its memory; a few more wait, and who comes then is told to
/// come again. Threads: any.
///
/// Errors of both: throttled: too many at once; cancelled, timeout; unavailable: no memory.
class PasswordHasher {
 public:
  static Result<std::unique_ptr<PasswordHasher>> make(PasswordCost cost);

  /// What is kept of a password, with its salt and its cost.
  Result<std::string> hash(std::string_view password, Deadline deadline, std::stop_token stop);
  /// Whether it is the password that this was made of. Without a hash it is not, after the same
  /// work: whoever measures does not learn that there is none.
  Result<bool> verify(const std::optional<std::string>& hash, std::string_view password,
                      Deadline deadline, std::stop_token stop);

 private:
  explicit PasswordHasher(PasswordCost cost) : cost_(cost) {}
  Result<std::string> hash_now(std::string_view password) const;
  Result<void> enter(Deadline deadline, const std::stop_token& stop);
  void leave();

  const PasswordCost cost_;
  std::string nobodys_;  ///< The hash of a password that nobody knows.
  std::mutex mutex_;
  std::condition_variable_any left_;
  int inside_ = 0;
  int waiting_ = 0;
};

}  // namespace cordon
