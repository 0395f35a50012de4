#pragma once

#include <optional>
#include <string>

#include "aws/endpoint.h"
#include "aws/profile_files.h"
#include "base/environment.h"
#include "base/result.h"
#include "base/retry.h"
#include "core/object_ref.h"

namespace cordon {

/// What the command line may say. It beats the environment, which beats the files.
struct AwsOptions {
  std::optional<std::string> region = std::nullopt;
  std::optional<std::string> profile = std::nullopt;
  /// One endpoint for all services.
  std::optional<std::string> endpoint_url = std::nullopt;
  std::optional<BucketStyle> bucket_style = std::nullopt;
};

/// The standard AWS settings as they are in force, checked.
struct AwsConfig {
  std::string profile = "default";
  bool profile_by_option = false;  ///< Then its credentials beat the environment's.
  bool profile_named = false;      ///< By option or AWS_PROFILE: it must exist.
  std::optional<Region> region = std::nullopt;
  EndpointSettings endpoints = {};
  bool endpoint_by_option = false;
  RetryPolicy retry = {};
};

/// Merges options, environment and files. Errors: invalid; says which setting is wrong and what to
/// write.
Result<AwsConfig> resolve_aws_config(const AwsOptions& options, const Environment& environment,
                                     const ProfileFiles& files);

/// "true" or "false" in any case; invalid otherwise. `setting` is named in the error.
Result<bool> parse_switch(const std::string& text, const std::string& setting);

}  // namespace cordon
