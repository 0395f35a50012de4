#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/service_client.h"
#include "base/environment.h"

namespace cordon {

/// A role to take on.
struct RoleRequest {
  std::string role_arn;
  std::string session_name = {};  ///< In the trail of the account; "cordon-SECONDS" when empty.
  std::optional<std::string> external_id = std::nullopt;
  std::optional<std::chrono::seconds> duration = std::nullopt;
};

/// Makes a client of STS that signs with `credentials`, which outlive it; null: not at all.
using StsClientFactory =
    std::function<std::unique_ptr<ServiceClient>(CredentialsProvider* credentials)>;

/// AssumeRole. `now` names the session. Errors: those of the call; invalid (no role ARN, a duration
/// out of range); unavailable (an unusable reply).
Result<AwsCredentials> assume_role(ServiceClient& sts, const RoleRequest& request, SystemTime now,
                                   Deadline deadline, std::stop_token stop);

/// AssumeRoleWithWebIdentity with the token in `token_file`, read anew each time.
Result<AwsCredentials> assume_role_with_token_file(ServiceClient& sts, const RoleRequest& request,
                                                   const std::string& token_file, SystemTime now,
                                                   Deadline deadline, std::stop_token stop);

/// AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, as set for pods (IRSA). `environment` and `clock`
/// outlive it.
class WebIdentityCredentials final : public CredentialsSource {
 public:
  WebIdentityCredentials(const Environment& environment, StsClientFactory sts, const Clock& clock)
      : environment_(environment), sts_(std::move(sts)), clock_(clock) {}

  std::string name() const override { return "web identity"; }
  Result<Finding> find(Deadline deadline, std::stop_token stop) override;

 private:
  const Environment& environment_;
  StsClientFactory sts_;
  const Clock& clock_;
};

/// A role taken on with other credentials. `base` and `clock` outlive it.
class RoleCredentials final : public CredentialsSource {
 public:
  RoleCredentials(RoleRequest request, CredentialsProvider& base, const StsClientFactory& sts,
                  const Clock& clock)
      : request_(std::move(request)), sts_(sts(&base)), clock_(clock) {}

  std::string name() const override { return "role " + request_.role_arn; }
  Result<Finding> find(Deadline deadline, std::stop_token stop) override;

 private:
  RoleRequest request_;
  std::unique_ptr<ServiceClient> sts_;
  const Clock& clock_;
};

}  // namespace cordon
