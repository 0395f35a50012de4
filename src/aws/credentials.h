#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/result.h"
#include "base/secret.h"

namespace cordon {

/// Text that must not reach a log, an error or a core file. It has no formatter and no conversion:
/// only `reveal` shows it, so that every use can be found. Wiped when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) *this = Secret(other);
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
      other.bytes_.clear();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }
  bool empty() const { return bytes_.empty(); }

 private:
  void wipe() noexcept;

  // Not a std::string: its small buffer would leave a copy behind in every object moved from.
  std::vector<char> bytes_;
};

/// The keys of one identity, from a source to whoever signs with them.
struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;               ///< Empty for long-term keys.
  std::optional<SystemTime> expires;  ///< None: good until they are rejected.
  std::string source;                 ///< For people: "environment", "profile prod, role arn:...".
};

/// The credentials to sign with now.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;

  /// Threads: any; at most one refresh runs at a time.
  /// Blocks:  when nothing valid is at hand, until a refresh is done, `deadline` or a stop request.
  /// Errors:  denied (cause `credentials`: none were found, or the source refuses us; says what
  /// was
  ///          tried and what to do); invalid (the configuration is wrong); unavailable, timeout,
  ///          cancelled.
  virtual Result<AwsCredentials> get(Deadline deadline, std::stop_token stop) = 0;

  /// A service rejected this key as expired: the next `get` fetches anew unless others did already.
  virtual void reject(const std::string& access_key_id) = 0;
};

/// One place where credentials may come from, asked anew at each refresh.
class CredentialsSource {
 public:
  /// Either credentials, or why this place does not apply ("AWS_ACCESS_KEY_ID is not set").
  struct Finding {
    std::optional<AwsCredentials> credentials;
    std::string why_not;
  };

  virtual ~CredentialsSource() = default;

  /// For people: "environment", "shared configuration files".
  virtual std::string name() const = 0;

  /// Errors: a place that applies but fails ends the search, so that a broken configuration never
  /// turns silently into another identity.
  virtual Result<Finding> find(Deadline deadline, std::stop_token stop) = 0;
};

/// Decodes the JSON form that metadata services and credential processes answer with: AccessKeyId,
/// SecretAccessKey, Token or SessionToken, Expiration. `who` is named in errors, whose text never
/// holds anything of `body`. Errors: unavailable.
Result<AwsCredentials> decode_credentials(std::string_view body, std::string_view who);

}  // namespace cordon
