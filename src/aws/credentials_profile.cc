#include "aws/credentials_profile.h"

#include <utility>

#include "aws/credentials_environment.h"
#include "aws/credentials_process.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kChainMax = 8;

std::optional<std::string> member(const ProfileSection& section, const std::string& name) {
  const auto it = section.find(name);
  if (it == section.end() || it->second.empty()) return std::nullopt;
  return it->second;
}

Error wrong(const std::string& profile, std::string_view why) {
  return Error{Errc::invalid, "profile " + utf8_clean(profile, 64) + ": " + std::string(why)};
}

Result<CredentialsSource::Finding> keys_of(const std::string& name, const ProfileSection& section) {
  const auto id = member(section, "aws_access_key_id");
  auto secret = member(section, "aws_secret_access_key");
  auto token = member(section, "aws_session_token");
  if (!id && !secret) return CredentialsSource::Finding{std::nullopt, "it has no access key"};
  if (!id || !secret) {
    return wrong(name, id ? "aws_access_key_id stands without aws_secret_access_key"
                          : "aws_secret_access_key stands without aws_access_key_id");
  }
  CORDON_TRY(AwsCredentials found,
             static_credentials(*id, *secret, token.value_or(""), "profile " + name));
  wipe(*secret);
  if (token) wipe(*token);
  return CredentialsSource::Finding{std::move(found), ""};
}

Result<RoleRequest> role_of(const std::string& name, const ProfileSection& section) {
  RoleRequest request{*member(section, "role_arn"),
                      member(section, "role_session_name").value_or(""),
                      member(section, "external_id"), std::nullopt};
  if (member(section, "mfa_serial")) {
    return wrong(name, "mfa_serial wants a person to type a code; a service needs a role without");
  }
  if (const auto text = member(section, "duration_seconds")) {
    const auto seconds = parse_u64(*text);
    if (!seconds || *seconds < 900 || *seconds > 43'200) {
      return wrong(name, "duration_seconds must be a number from 900 to 43200");
    }
    request.duration = std::chrono::seconds(*seconds);
  }
  return request;
}

}  // namespace

struct ProfileCredentials::Search {
  ProfileFiles files;
  std::set<std::string> visited;
  Deadline deadline;
  std::stop_token stop;
};

Result<CredentialsSource::Finding> ProfileCredentials::find(Deadline deadline,
                                                            std::stop_token stop) {
  CORDON_TRY(ProfileFiles files, ProfileFiles::load(deps_.environment));
  Search search{std::move(files), {}, deadline, std::move(stop)};
  return resolve(search, profile_);
}

Result<CredentialsSource::Finding> ProfileCredentials::resolve(Search& search,
                                                               const std::string& name) {
  const ProfileSection* section = search.files.profile(name);
  if (section == nullptr) {
    return Finding{std::nullopt, "it is in none of the files: " + search.files.description()};
  }
  if (!search.visited.insert(name).second || search.visited.size() > kChainMax) {
    return wrong(name, "the chain of source_profile comes back to it or is too long");
  }
  if (member(*section, "role_arn")) return resolve_role(search, name, *section);
  CORDON_TRY(Finding keys, keys_of(name, *section));
  if (keys.credentials) return keys;
  if (const auto command = member(*section, "credential_process")) {
    CORDON_TRY(AwsCredentials found,
               run_credential_process(*command, "profile " + name + ", credential_process",
                                      deps_.clock, search.deadline, search.stop));
    return Finding{std::move(found), ""};
  }
  if (member(*section, "sso_session") || member(*section, "sso_account_id")) {
    return wrong(name,
                 "single sign-on needs a browser; use credential_process = aws configure "
                 "export-credentials --format process --profile NAME");
  }
  if (member(*section, "login_session")) {
    return wrong(
        name,
        "login_session is a person's, and only the AWS CLI renews it (aws login); to use "
        "it, put credential_process = aws configure export-credentials --format process "
        "--profile " +
            utf8_clean(name, 64) +
            " into another profile and name that one; a service is better off with a role");
  }
  return Finding{std::nullopt, "it has neither keys, role_arn nor credential_process"};
}

Result<CredentialsSource::Finding> ProfileCredentials::resolve_role(Search& search,
                                                                    const std::string& name,
                                                                    const ProfileSection& section) {
  CORDON_TRY(const RoleRequest request, role_of(name, section));
  const SystemTime now = deps_.clock.system_now();
  AwsCredentials found;
  if (const auto token_file = member(section, "web_identity_token_file")) {
    const std::unique_ptr<ServiceClient> sts = deps_.sts(nullptr);
    CORDON_TRY(found, assume_role_with_token_file(*sts, request, *token_file, now, search.deadline,
                                                  search.stop));
  } else {
    CORDON_TRY(AwsCredentials base, base_of_role(search, name, section));
    FixedCredentials provider(std::move(base));
    const std::unique_ptr<ServiceClient> sts = deps_.sts(&provider);
    CORDON_TRY(found, assume_role(*sts, request, now, search.deadline, search.stop));
  }
  found.source = "profile " + name + ", role " + request.role_arn;
  return Finding{std::move(found), ""};
}

// The credentials that take on the role.
Result<AwsCredentials> ProfileCredentials::base_of_role(Search& search, const std::string& name,
                                                        const ProfileSection& section) {
  const auto profile = member(section, "source_profile");
  const auto source = member(section, "credential_source");
  if (profile.has_value() == source.has_value()) {
    return wrong(name, "role_arn needs either source_profile or credential_source");
  }
  Result<Finding> found = Finding{};
  if (profile == name) {
    found = keys_of(name, section);  // A profile with a role may carry the keys for it itself.
  } else if (profile) {
    found = resolve(search, *profile);
  } else if (source == "Environment") {
    found = deps_.from_environment.find(search.deadline, search.stop);
  } else if (source == "EcsContainer") {
    found = deps_.from_container.find(search.deadline, search.stop);
  } else if (source == "Ec2InstanceMetadata") {
    found = deps_.from_instance.find(search.deadline, search.stop);
  } else {
    return wrong(name,
                 "credential_source must be Environment, EcsContainer or Ec2InstanceMetadata");
  }
  if (!found) return std::move(found).error();
  if (found->credentials) return *std::move(found->credentials);
  return wrong(name, (profile ? "source_profile " + utf8_clean(*profile, 64)
                              : "credential_source " + *source) +
                         " gives no credentials: " + found->why_not);
}

}  // namespace cordon
