#pragma once

#include <set>
#include <string>

#include "aws/credentials.h"
#include "aws/credentials_sts.h"
#include "aws/profile_files.h"
#include "base/environment.h"

namespace cordon {

/// Credentials as a profile of the shared files describes them: keys, a role (`role_arn` with
/// `source_profile`, `credential_source` or `web_identity_token_file`), or `credential_process`.
/// The files are read anew each time, so that rotated keys are found. Everything given outlives it.
class ProfileCredentials final : public CredentialsSource {
 public:
  struct Dependencies {
    const Environment& environment;
    StsClientFactory sts;
    /// For credential_source.
    CredentialsSource& from_environment;
    CredentialsSource& from_container;
    CredentialsSource& from_instance;
    const Clock& clock;
  };

  ProfileCredentials(Dependencies dependencies, std::string profile)
      : deps_(std::move(dependencies)), profile_(std::move(profile)) {}

  std::string name() const override { return "profile " + profile_; }
  /// Errors: invalid (the profile contradicts itself, or its sources form a loop).
  Result<Finding> find(Deadline deadline, std::stop_token stop) override;

 private:
  struct Search;
  Result<Finding> resolve(Search& search, const std::string& name);
  Result<Finding> resolve_role(Search& search, const std::string& name,
                               const ProfileSection& section);
  Result<AwsCredentials> base_of_role(Search& search, const std::string& name,
                                      const ProfileSection& section);

  Dependencies deps_;
  std::string profile_;
};

}  // namespace cordon
