#pragma once

#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "base/environment.h"
#include "base/random.h"
#include "core/object_ref.h"
#include "net/http_client.h"

namespace cordon {

/// The instance metadata service of EC2, version 2 only: the unauthenticated version 1 is never
/// asked, since a request that is forged through a proxy could read from it. Everything given
/// outlives it; `http` must not use a proxy.
///
/// Where there is no such service, as on every machine that is no instance, that is learnt within a
/// few seconds: an attempt has one second.
class InstanceMetadata {
 public:
  /// Errors: invalid (a setting of AWS_EC2_METADATA_... is malformed).
  static Result<InstanceMetadata> open(const Environment& environment, HttpClient& http,
                                       const Clock& clock, Random& random);

  /// What stands at `path`; not_found when there is nothing.
  /// Errors: unavailable (nobody answers, or it is switched off: says which), denied, cancelled.
  Result<std::string> read(std::string_view path, Deadline deadline, std::stop_token stop) const;

  /// The region that the instance runs in.
  Result<Region> region(Deadline deadline, std::stop_token stop) const;

  bool disabled() const { return disabled_; }
  const std::string& base_url() const { return base_url_; }

 private:
  InstanceMetadata(HttpClient& http, const Clock& clock, Random& random)
      : http_(&http), clock_(&clock), random_(&random) {}

  Result<std::string> fetch(const HttpRequest& request, Deadline deadline,
                            std::stop_token stop) const;

  HttpClient* http_;
  const Clock* clock_;
  Random* random_;
  bool disabled_ = false;
  std::string base_url_;
  std::chrono::milliseconds attempt_time_{1000};
  int attempts_max_ = 2;
};

/// The role of the instance. `metadata` outlives it.
class InstanceCredentials final : public CredentialsSource {
 public:
  explicit InstanceCredentials(const InstanceMetadata& metadata) : metadata_(metadata) {}

  std::string name() const override { return "instance metadata"; }
  Result<Finding> find(Deadline deadline, std::stop_token stop) override;

 private:
  const InstanceMetadata& metadata_;
};

}  // namespace cordon
