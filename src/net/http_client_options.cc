#include <string>

#include "base/text.h"
#include "net/http_client.h"

namespace cordon {
namespace {

// Credentials come from these addresses; a proxy must see neither the question nor the answer.
constexpr const char* kNeverProxied =
    "localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23,fd00:ec2::254,"
    "fd00:ec2::23";

std::optional<std::string> either_case(const Environment& environment, const std::string& name) {
  if (auto value = environment.get(lower(name))) return value;
  return environment.get(name);
}

}  // namespace

Result<HttpClientOptions> http_client_options(const Environment& environment) {
  // Whoever set it wants certain certificates: neither those of the system nor none at all.
  if (environment.is_set_to_nothing("AWS_CA_BUNDLE")) {
    return usage_error(
        "AWS_CA_BUNDLE is set, and empty: name a file with the certificates to trust, or unset it "
        "to trust the system's");
  }
  HttpClientOptions options;
  options.https_proxy = either_case(environment, "HTTPS_PROXY");
  // Some programs ignore the upper-case HTTP_PROXY, which a CGI client can set by a "Proxy" header.
  // Nothing here runs as CGI, and AWS's own tools honour both.
  options.http_proxy = either_case(environment, "HTTP_PROXY");
  if (options.https_proxy || options.http_proxy) {
    options.no_proxy = kNeverProxied;
    if (auto more = either_case(environment, "NO_PROXY")) {
      // A lone * is special to libcurl only when it stands alone.
      options.no_proxy = trim(*more) == "*" ? "*" : *options.no_proxy + "," + *more;
    }
  }
  options.ca_bundle = environment.get("AWS_CA_BUNDLE");
  if (!options.ca_bundle) options.ca_bundle = environment.get("SSL_CERT_FILE");
  return options;
}

}  // namespace cordon
