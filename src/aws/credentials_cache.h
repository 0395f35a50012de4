#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "aws/credentials.h"
#include "base/log.h"
#include "base/random.h"

namespace cordon {

/// Keeps what a source found and renews it five to six minutes before it expires.
///
/// One thread refreshes at a time; the others go on with what is there while it is valid, and else
/// wait for the result. A refresh that fails while the old credentials are still valid is logged
/// and tried again half a minute later. `source`, `clock`, `random` and `log` outlive it.
class CredentialsCache final : public CredentialsProvider {
 public:
  CredentialsCache(CredentialsSource& source, const Clock& clock, Random& random, Log& log)
      : source_(source), clock_(clock), random_(random), log_(log) {}

  Result<AwsCredentials> get(Deadline deadline, std::stop_token stop) override;
  void reject(const std::string& access_key_id) override;

 private:
  // The following expect `lock` to be held.
  bool has_valid() const;
  bool wants_refresh() const;
  Result<AwsCredentials> refresh(std::unique_lock<std::mutex>& lock, Deadline deadline,
                                 std::stop_token stop);
  void keep(AwsCredentials fresh);
  std::chrono::milliseconds jitter(std::chrono::milliseconds up_to);

  CredentialsSource& source_;
  const Clock& clock_;
  Random& random_;
  Log& log_;

  std::mutex mutex_;
  std::condition_variable_any refreshed_;
  bool refreshing_ = false;
  /// How the last refresh failed, for those who waited for it; none when it did not.
  std::optional<Error> failure_;
  std::optional<AwsCredentials> current_;
  std::optional<SystemTime> refresh_at_;  ///< None: never by itself.
  bool rejected_ = false;
};

/// Asks sources in order and takes the first that applies.
class CredentialsChain final : public CredentialsSource {
 public:
  /// `sources` outlive it.
  explicit CredentialsChain(std::vector<CredentialsSource*> sources)
      : sources_(std::move(sources)) {}

  std::string name() const override { return "the default chain"; }
  /// Never without credentials. Errors: denied, cause `credentials`: none applied; the text lists
  /// every source with why, and says what to do.
  Result<Finding> find(Deadline deadline, std::stop_token stop) override;

 private:
  std::vector<CredentialsSource*> sources_;
};

}  // namespace cordon
