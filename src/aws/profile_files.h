#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"

namespace cordon {

/// One section of the shared AWS configuration files: names in lower case; the members of a nested
/// section as "s3.addressing_style".
using ProfileSection = std::map<std::string, std::string>;

/// ~/.aws/config and ~/.aws/credentials (or what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE
/// name), merged: on the same name the credentials file wins.
class ProfileFiles {
 public:
  /// A file that is not there counts as empty.
  /// Errors: denied (unreadable); invalid (malformed or above 1 MiB: file and line, never the text,
  /// which may be a secret).
  static Result<ProfileFiles> load(const Environment& environment);

  const ProfileSection* profile(const std::string& name) const;
  /// A `[services NAME]` section: "s3.endpoint_url", ...
  const ProfileSection* services(const std::string& name) const;
  std::vector<std::string> profile_names() const;

  /// "config /home/u/.aws/config, credentials /home/u/.aws/credentials (not there)": for messages.
  const std::string& description() const { return description_; }

 private:
  std::map<std::string, ProfileSection> profiles_;
  std::map<std::string, ProfileSection> services_;
  std::string description_;
};

/// One file, section by section. Pure; exposed for tests and its fuzzer. `file` is named in errors.
struct ProfileFileSection {
  std::string kind;  ///< "profile", "services", "sso-session"; empty in a credentials file.
  std::string name;
  ProfileSection members;
};
Result<std::vector<ProfileFileSection>> parse_profile_file(std::string_view text,
                                                           std::string_view file);

}  // namespace cordon
