#pragma once

#include "aws/credentials.h"
#include "base/environment.h"
#include "base/random.h"
#include "net/http_client.h"

namespace cordon {

/// The credentials endpoint of a container (ECS, EKS Pod Identity), which
/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI names. Its token, from
/// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN, is read anew each
/// time. Everything given outlives it; `http` must not use a proxy.
class ContainerCredentials final : public CredentialsSource {
 public:
  ContainerCredentials(const Environment& environment, HttpClient& http, const Clock& clock,
                       Random& random)
      : environment_(environment), http_(http), clock_(clock), random_(random) {}

  std::string name() const override { return "container"; }
  /// Errors: invalid (the URI leads elsewhere than to this machine without TLS; a token with line
  /// breaks); denied (the endpoint refuses us); unavailable.
  Result<Finding> find(Deadline deadline, std::stop_token stop) override;

 private:
  Result<std::string> url() const;
  Result<std::string> token() const;

  const Environment& environment_;
  HttpClient& http_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace cordon
