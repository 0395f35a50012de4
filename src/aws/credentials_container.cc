#include "aws/credentials_container.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aws/endpoint.h"
#include "base/files.h"
#include "base/retry.h"
#include "base/text.h"
#include "net/host_port.h"

namespace cordon {
namespace {

constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::size_t kTokenBytesMax = 16U << 10U;
constexpr std::chrono::seconds kAttemptTime{2};
constexpr RetryPolicy kPolicy{.attempts_max = 3, .base = std::chrono::milliseconds(100)};

// Without TLS the token and the credentials may only travel inside this machine.
bool is_of_this_machine(const std::string& host) {
  constexpr std::array<std::string_view, 3> kLinkLocal = {"169.254.170.2", "169.254.170.23",
                                                          "[fd00:ec2::23]"};
  return is_loopback(host) ||
         std::find(kLinkLocal.begin(), kLinkLocal.end(), host) != kLinkLocal.end();
}

Result<HttpResponse> checked(HttpResponse response) {
  if (response.status == 200) return response;
  const std::string what = "the container's credentials endpoint answers HTTP " +
                           std::to_string(response.status) + ": " +
                           utf8_clean(trim(response.body), 200);
  if (response.status == 429) return Error{Errc::throttled, what};
  if (response.status >= 500) return Error{Errc::unavailable, what};
  return Error{Errc::denied, what + "; check the role of the task or pod", ErrorCause::credentials};
}

}  // namespace

Result<std::string> ContainerCredentials::url() const {
  if (const auto relative = environment_.get(kRelative)) {
    const bool clean =
        std::all_of(relative->begin(), relative->end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (!relative->starts_with('/') || !clean) {
      return Error{Errc::invalid, std::string(kRelative) + " is no path that starts with /"};
    }
    return "http://169.254.170.2" + *relative;
  }
  const std::string full = environment_.get(kFull).value_or("");
  // The query is not part of an endpoint, but may be part of this URI.
  const std::size_t query = std::min(full.find('?'), full.size());
  CORDON_TRY(const EndpointUrl url, parse_endpoint_url(full.substr(0, query), kFull));
  if (!url.tls && !is_of_this_machine(url.host_name())) {
    return Error{Errc::invalid,
                 std::string(kFull) + " leads to " + url.host +
                     " without TLS: use https, or an address of this machine (127.0.0.1, [::1], "
                     "169.254.170.2, 169.254.170.23, [fd00:ec2::23])"};
  }
  if (!std::all_of(full.begin(), full.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    return Error{Errc::invalid, std::string(kFull) + " holds characters that no URI can hold"};
  }
  return full;
}

Result<std::string> ContainerCredentials::token() const {
  std::string token = environment_.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  if (const auto file = environment_.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    auto text = read_small_file(*file, kTokenBytesMax);
    if (!text) return with_context(std::move(text).error(), "container authorization token");
    token = *std::move(text);
  }
  // A line break would smuggle another header into the request.
  if (token.find_first_of("\r\n") != std::string::npos || token.find('\0') != std::string::npos) {
    wipe(token);
    return Error{Errc::invalid,
                 "the container authorization token holds a line break: write it without"};
  }
  return token;
}

Result<CredentialsSource::Finding> ContainerCredentials::find(Deadline deadline,
                                                              std::stop_token stop) {
  if (!environment_.get(kRelative) && !environment_.get(kFull)) {
    return Finding{std::nullopt, std::string("neither ") + kRelative + " nor " + kFull + " is set"};
  }
  HttpRequest request;
  CORDON_TRY(request.url, url());
  CORDON_TRY(std::string authorization, token());
  request.headers.add("Accept", "application/json");
  if (!authorization.empty()) request.headers.add("Authorization", authorization);
  wipe(authorization);

  RetryBudget budget;
  const RetryContext context{kPolicy, budget, clock_, random_, deadline, stop};
  Result<HttpResponse> response = retry(context, [&](int) -> Result<HttpResponse> {
    CORDON_TRY(HttpResponse got,
               http_.fetch(request, deadline.at_most(clock_, kAttemptTime), stop));
    return checked(std::move(got));
  });
  if (!response) return with_context(std::move(response).error(), "container credentials");
  Result<AwsCredentials> found = decode_credentials(response->body, "container");
  wipe(response->body);
  if (!found) return std::move(found).error();
  return Finding{*std::move(found), ""};
}

}  // namespace cordon
