#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "base/result.h"

namespace cordon {

/// An http or https URL of a service, checked.
///
/// Invariant: `host` is lower case and carries its port only when that is not the scheme's own (so
/// it is the Host header); `path` is empty or starts with '/' and does not end with one.
struct EndpointUrl {
  bool tls = true;
  std::string host;
  std::string path;

  /// Without the port; an IPv6 address keeps its brackets.
  std::string host_name() const;
  std::string text() const { return (tls ? "https://" : "http://") + host + path; }
  bool operator==(const EndpointUrl&) const = default;
};

/// `setting` is how the user calls the value ("AWS_ENDPOINT_URL_S3", "--endpoint-url").
/// Errors: invalid; says which setting it is and what it should look like.
Result<EndpointUrl> parse_endpoint_url(std::string_view text, std::string_view setting);

/// How a bucket gets into the URL. `automatic`: into the host for AWS's own endpoints and bucket
/// names that can be a host's label, else into the path.
enum class BucketStyle : std::uint8_t { automatic, path, virtual_host };

/// What the configuration says about endpoints (aws_config.h), for `resolve_endpoint`.
struct EndpointSettings {
  /// Services with an endpoint of their own; the others are found by region.
  std::map<AwsService, EndpointUrl> configured = {};
  bool fips = false;
  bool dualstack = false;
  BucketStyle bucket_style = BucketStyle::automatic;
};

/// Where one call goes and what its signature names.
struct Endpoint {
  EndpointUrl url;
  bool configured = false;  ///< Not one of AWS's own.
};

/// The name under which requests to `service` are signed.
std::string_view signing_name(AwsService service);

/// Errors: invalid (no region name; FIPS where the service has none).
Result<Endpoint> resolve_endpoint(const EndpointSettings& settings, AwsService service,
                                  const Region& region);

/// Where a call goes: the Host header, and the path, encoded, with the bucket in one of the two.
struct Target {
  bool tls = true;
  std::string host;
  std::string path;

  std::string url(std::string_view query) const;
};

/// Errors: invalid (a bucket name that is none, a bucket that the wanted style cannot carry).
Result<Target> target_of(const Endpoint& endpoint, BucketStyle style, const AwsCall& call);

}  // namespace cordon
