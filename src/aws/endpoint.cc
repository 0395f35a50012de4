#include "aws/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>

#include "aws/service_error.h"
#include "base/text.h"
#include "core/partition.h"

namespace cordon {
namespace {

std::string regional_host(const EndpointSettings& settings, AwsService service,
                          const std::string& region, const Partition& partition) {
  const std::string name(signing_name(service));
  const bool plain = has_word(
      settings.dualstack ? partition.dualstack_fips_is_plain : partition.fips_is_plain, name);
  std::string host = name + (settings.fips && !plain ? "-fips" : "");
  if (service == AwsService::s3) {  // S3 marks dual stack in the name, not in the suffix.
    return host + (settings.dualstack ? ".dualstack." : ".") + region + "." +
           std::string(partition.suffix);
  }
  return host + "." + region + "." +
         std::string(settings.dualstack ? partition.dualstack_suffix : partition.suffix);
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

// The host without its port; brackets stay.
std::string without_port(const std::string& host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool is_address(const std::string& host) {
  const std::string name = without_port(host);
  return name.starts_with('[') || is_ipv4(name);
}

// Any name that S3 or a compatible store may have given out, and nothing that could leave its place
// in a URL.
bool is_bucket_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_host_char(c) || (c >= 'A' && c <= 'Z'); });
}

// S3's rules for names since 2018, which are those of a host name.
bool can_be_host(const std::string& name) {
  if (name.size() < 3 || name.size() > 63 || is_ipv4(name)) return false;
  char before = '.';
  for (const char c : name) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!alnum && c != '-' && c != '.') return false;
    if (!alnum && before == '.') return false;
    if (c == '.' && before == '-') return false;
    before = c;
  }
  return before != '.' && before != '-';
}

Result<bool> bucket_goes_into_host(const Endpoint& endpoint, BucketStyle style,
                                   const std::string& bucket) {
  // A certificate for *.s3.REGION.amazonaws.com does not cover a name with more dots.
  const bool has_dots = bucket.find('.') != std::string::npos;
  const bool possible =
      can_be_host(bucket) && !is_address(endpoint.url.host) && !(has_dots && endpoint.url.tls);
  switch (style) {
    case BucketStyle::path:
      return false;
    case BucketStyle::automatic:
      return possible && !endpoint.configured;
    case BucketStyle::virtual_host:
      if (possible) return true;
      return usage_error("bucket " + utf8_clean(bucket, 64) +
                         " cannot be part of the host name at " + endpoint.url.text() +
                         ": use path style (addressing_style = auto)");
  }
  return false;
}

Error wrong_url(std::string_view setting, std::string_view text, std::string_view why) {
  return usage_error(std::string(setting) + " is \"" + utf8_clean(text, 200) + "\": " +
                     std::string(why) + "; write http://HOST:PORT or https://HOST[:PORT][/PATH]");
}

// Takes "host", "host:port", "[address]" or "[address]:port" apart. Empty host: malformed.
struct Authority {
  std::string host;
  std::string port;
};

Authority split_authority(const std::string& text) {
  const std::string host = without_port(text);
  const std::string rest = text.substr(host.size());
  if (!rest.empty() && rest.front() != ':') return {};
  return {host, rest.empty() ? "" : rest.substr(1)};
}

bool is_host(const std::string& host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.back() == ']' && is_ipv6(host.substr(1, host.size() - 2));
  }
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), is_host_char);
}

}  // namespace

std::string EndpointUrl::host_name() const { return without_port(host); }

std::string_view signing_name(AwsService service) { return iam_prefix(service); }

Result<EndpointUrl> parse_endpoint_url(std::string_view text, std::string_view setting) {
  text = trim(text);
  EndpointUrl url;
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon));
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return wrong_url(setting, text, "it does not start with http:// or https://");
  }
  url.tls = scheme == "https";
  const std::string_view rest = text.substr(scheme.size() + 3);
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  const Authority authority = split_authority(lower(rest.substr(0, slash)));
  std::string_view path = rest.substr(slash);
  if (rest.substr(0, slash).find('@') != std::string_view::npos) {
    // Not repeated in the text: what stands before the @ is a secret.
    return usage_error(std::string(setting) +
                       " holds a user name or password: remove it, requests are signed");
  }
  if (!is_host(authority.host)) return wrong_url(setting, text, "it has no valid host");
  if (path.find_first_of("?#") != std::string_view::npos) {
    return wrong_url(setting, text, "it has a query or fragment");
  }
  if (!std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return wrong_url(setting, text, "its path has characters that must be encoded");
  }
  url.host = authority.host;
  if (!authority.port.empty() || rest.substr(0, slash).ends_with(':')) {
    const auto port = parse_u64(authority.port);
    if (!port || *port == 0 || *port > 65535) {
      return wrong_url(setting, text, "its port is not between 1 and 65535");
    }
    if (*port != (url.tls ? 443U : 80U)) url.host += ":" + std::to_string(*port);
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = path;
  return url;
}

Result<Endpoint> resolve_endpoint(const EndpointSettings& settings, AwsService service,
                                  const Region& region) {
  // Also for configured endpoints: the region is part of every signature.
  if (!is_region_name(region.str())) {
    return usage_error("\"" + utf8_clean(region.str(), 64) +
                       "\" is no region: write one like eu-west-1");
  }
  if (const auto it = settings.configured.find(service); it != settings.configured.end()) {
    return Endpoint{it->second, true};
  }
  const Partition& partition = partition_of(region);
  if (settings.fips && has_word(partition.without_fips, signing_name(service))) {
    return usage_error(std::string(signing_name(service)) + " has no FIPS endpoint in region " +
                       region.str() +
                       ": unset AWS_USE_FIPS_ENDPOINT (use_fips_endpoint), or name its endpoint");
  }
  return Endpoint{{true, regional_host(settings, service, region.str(), partition), ""}, false};
}

std::string Target::url(std::string_view query) const {
  std::string text = (tls ? "https://" : "http://") + host + path;
  if (!query.empty()) text.append("?").append(query);
  return text;
}

Result<Target> target_of(const Endpoint& endpoint, BucketStyle style, const AwsCall& call) {
  Target target{endpoint.url.tls, endpoint.url.host, endpoint.url.path};
  if (!call.bucket) {
    target.path += percent_encode(call.path, true);
    return target;
  }
  const std::string& bucket = call.bucket->str();
  if (!is_bucket_name(bucket)) {
    return usage_error("\"" + utf8_clean(bucket, 64) + "\" is not a bucket name");
  }
  CORDON_TRY(const bool into_host, bucket_goes_into_host(endpoint, style, bucket));
  if (into_host) {
    target.host = bucket + "." + target.host;
    target.path += percent_encode(call.path, true);
  } else {
    target.path += "/" + bucket;
    if (call.path != "/") target.path += percent_encode(call.path, true);
  }
  return target;
}

}  // namespace cordon
