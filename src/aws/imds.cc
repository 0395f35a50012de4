#include "aws/imds.h"

#include <algorithm>
#include <utility>

#include "aws/aws_config.h"
#include "aws/service_error.h"
#include "base/retry.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr std::size_t kTokenBytesMax = 1024;

bool is_header_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

Result<InstanceMetadata> InstanceMetadata::open(const Environment& environment, HttpClient& http,
                                                const Clock& clock, Random& random) {
  InstanceMetadata metadata(http, clock, random);
  if (const auto text = environment.get("AWS_EC2_METADATA_DISABLED")) {
    CORDON_TRY(metadata.disabled_, parse_switch(*text, "AWS_EC2_METADATA_DISABLED"));
  }
  const std::string mode =
      lower(environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("ipv4"));
  if (mode != "ipv4" && mode != "ipv6") {
    return Error{Errc::invalid, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6"};
  }
  const std::string usual = mode == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
  CORDON_TRY(
      const EndpointUrl url,
      parse_endpoint_url(environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(usual),
                         "AWS_EC2_METADATA_SERVICE_ENDPOINT"));
  metadata.base_url_ = url.text();
  if (const auto text = environment.get("AWS_METADATA_SERVICE_TIMEOUT")) {
    const auto seconds = parse_u64(*text);
    if (!seconds || *seconds < 1 || *seconds > 60) {
      return Error{Errc::invalid, "AWS_METADATA_SERVICE_TIMEOUT: write seconds, 1 to 60"};
    }
    metadata.attempt_time_ = std::chrono::seconds(*seconds);
  }
  if (const auto text = environment.get("AWS_METADATA_SERVICE_NUM_ATTEMPTS")) {
    const auto attempts = parse_u64(*text);
    if (!attempts || *attempts < 1 || *attempts > 20) {
      return Error{Errc::invalid, "AWS_METADATA_SERVICE_NUM_ATTEMPTS: write a number, 1 to 20"};
    }
    metadata.attempts_max_ = static_cast<int>(*attempts);
  }
  return metadata;
}

Result<std::string> InstanceMetadata::fetch(const HttpRequest& request, Deadline deadline,
                                            std::stop_token stop) const {
  const RetryPolicy policy{.attempts_max = attempts_max_, .base = std::chrono::milliseconds(100)};
  RetryBudget budget;
  const RetryContext context{policy, budget, *clock_, *random_, deadline, stop};
  return retry(context, [&](int) -> Result<std::string> {
    CORDON_TRY(HttpResponse response,
               http_->fetch(request, deadline.at_most(*clock_, attempt_time_), stop));
    if (response.status == 200) return std::move(response.body);
    const std::string what = base_url_ + " answers HTTP " + std::to_string(response.status);
    if (response.status == 404) return Error{Errc::not_found, what};
    if (response.status >= 500) return Error{Errc::unavailable, what};
    return Error{Errc::denied, what, ErrorCause::credentials};
  });
}

Result<std::string> InstanceMetadata::read(std::string_view path, Deadline deadline,
                                           std::stop_token stop) const {
  if (disabled_) return Error{Errc::unavailable, "switched off by AWS_EC2_METADATA_DISABLED"};
  HttpRequest session{"PUT", base_url_ + "/latest/api/token", {}, ""};
  session.headers.add("X-aws-ec2-metadata-token-ttl-seconds", "60");
  CORDON_TRY(std::string token, fetch(session, deadline, stop));
  if (token.empty() || token.size() > kTokenBytesMax || !is_header_safe(token)) {
    return Error{Errc::unavailable, base_url_ + " gives no usable session token"};
  }
  HttpRequest request{"GET", base_url_ + std::string(path), {}, ""};
  request.headers.add("X-aws-ec2-metadata-token", std::move(token));
  return fetch(request, deadline, std::move(stop));
}

Result<Region> InstanceMetadata::region(Deadline deadline, std::stop_token stop) const {
  CORDON_TRY(const std::string text,
             read("/latest/meta-data/placement/region", deadline, std::move(stop)));
  const std::string_view name = trim(text);
  if (is_region_name(name)) return Region(std::string(name));
  return Error{Errc::unavailable, base_url_ + " gives no region"};
}

Result<CredentialsSource::Finding> InstanceCredentials::find(Deadline deadline,
                                                             std::stop_token stop) {
  if (metadata_.disabled()) {
    return Finding{std::nullopt, "switched off by AWS_EC2_METADATA_DISABLED"};
  }
  const Result<std::string> roles = metadata_.read(kRolePath, deadline, stop);
  if (!roles) {
    if (stop.stop_requested()) return roles.error();
    // No instance, no role, or too many hops to the service from inside a container.
    return Finding{std::nullopt, roles.error().code == Errc::not_found ? "the instance has no role"
                                                                       : roles.error().what};
  }
  const std::string_view role = trim(std::string_view(*roles).substr(0, roles->find('\n')));
  if (role.empty()) return Finding{std::nullopt, "the instance has no role"};
  Result<std::string> document = metadata_.read(
      std::string(kRolePath) + percent_encode(role, false), deadline, std::move(stop));
  if (!document) return with_context(std::move(document).error(), "instance metadata");
  Result<AwsCredentials> found = decode_credentials(*document, "instance metadata");
  wipe(*document);
  if (!found) return std::move(found).error();
  found->source = "instance metadata, role " + utf8_clean(role, 64);
  return Finding{*std::move(found), ""};
}

}  // namespace cordon
