#pragma once

#include "aws/credentials.h"
#include "base/environment.h"

namespace cordon {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. `environment` outlives it.
class EnvironmentCredentials final : public CredentialsSource {
 public:
  explicit EnvironmentCredentials(const Environment& environment) : environment_(environment) {}

  std::string name() const override { return "environment"; }
  /// Errors: invalid (one of the pair is missing).
  Result<Finding> find(Deadline deadline, std::stop_token stop) override;

 private:
  const Environment& environment_;
};

/// Always the same credentials.
class FixedCredentials final : public CredentialsProvider {
 public:
  explicit FixedCredentials(AwsCredentials credentials) : credentials_(std::move(credentials)) {}

  Result<AwsCredentials> get(Deadline, std::stop_token) override { return credentials_; }
  void reject(const std::string&) override {}

 private:
  const AwsCredentials credentials_;
};

/// A key pair as people write it into an environment or a file. `where` is named in errors, and the
/// text of neither key is. Errors: invalid (a blank, line break or other impossible character).
Result<AwsCredentials> static_credentials(std::string_view access_key_id, std::string_view secret,
                                          std::string_view token, std::string_view where);

}  // namespace cordon
