#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "base/environment.h"
#include "base/result.h"
#include "net/http.h"

namespace cordon {

/// One request as it goes over the wire. The URL is sent as it stands: no dot segments are
/// resolved, nothing is re-encoded, no redirect is followed.
struct HttpRequest {
  std::string method = "GET";
  std::string url = {};  ///< http:// or https://, already percent-encoded.
  /// Content-Length and Transfer-Encoding are the client's own and refused here. Host is added from
  /// the URL unless given. Content-Type is sent only when given.
  Headers headers = {};
  std::string body = {};
};

/// A complete response, whatever its status says.
struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;  ///< Empty when the body went to a receiver.
};

/// Takes a response's body piece by piece. `head` comes first and may refuse the body (an error
/// response is better buffered); an Error ends the transfer and is returned by `HttpClient::fetch`.
/// Both are called on the thread that called `fetch`, so a receiver that blocks slows the sender
/// down.
struct BodyReceiver {
  /// True: pieces go to `piece`. False: they are buffered into HttpResponse::body as usual.
  std::function<Result<bool>(const HttpResponse& head)> head;
  std::function<Result<void>(std::span<const std::byte> bytes)> piece;
};

/// How long the client waits, how much it takes, and which way it goes: for `make_curl_client`.
struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{5000};
  /// A transfer that moves no byte in either direction for so long is given up. Must be longer than
  /// the longest long poll.
  std::chrono::milliseconds stall_timeout{30'000};
  std::size_t connections_per_host_max = 64;    ///< More calls at a time wait for one of these.
  std::size_t buffered_bytes_max = 64U << 20U;  ///< Longer buffered bodies: invalid.
  std::optional<std::string> ca_bundle;         ///< PEM file; the system's roots otherwise.
  /// Proxy URL per scheme and hosts that bypass it (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
  std::optional<std::string> https_proxy;
  std::optional<std::string> http_proxy;
  std::optional<std::string> no_proxy;
  std::string user_agent = "cordon/0.1";
};

/// Proxies, their exceptions and the CA bundle from the usual variables: HTTPS_PROXY, HTTP_PROXY,
/// NO_PROXY (the lower-case name wins), AWS_CA_BUNDLE, else SSL_CERT_FILE. The machine itself and
/// the link-local addresses of AWS's metadata services never go through a proxy. Errors: invalid
/// (AWS_CA_BUNDLE is set to nothing).
Result<HttpClientOptions> http_client_options(const Environment& environment);

/// HTTP/1.1 over plain TCP or TLS (1.2 and up, certificates verified). Tries once.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  /// Sends `request` and waits for the whole response. Any status is a success here.
  ///
  /// Threads: any; connections are kept alive and shared.
  /// Blocks:  until complete, `deadline`, or a stop request, which ends any wait at once.
  /// Errors:  cancelled; timeout; unavailable (resolve, connect, TLS, an unusable CA bundle, a cut
  /// or
  ///          stalled transfer, a reply that is not HTTP or is above a limit: says which); invalid
  ///          (the request's URL or headers); what `receiver` returned.
  virtual Result<HttpResponse> fetch(const HttpRequest& request, Deadline deadline,
                                     std::stop_token stop,
                                     const BodyReceiver* receiver = nullptr) = 0;
};

/// The client on libcurl. `clock` outlives it.
std::unique_ptr<HttpClient> make_curl_client(HttpClientOptions options, const Clock& clock);

}  // namespace cordon
