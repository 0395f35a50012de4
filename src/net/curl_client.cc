#include "base/error.h"
#include "net/http_client.h"
#include "net/lanes.h"
#include "net/request_check.h"
#include "net/transfer.h"

namespace cordon {
namespace {

class CurlClient final : public HttpClient {
 public:
  CurlClient(HttpClientOptions options, const Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        lanes_(options_.connections_per_host_max, clock) {}

  Result<HttpResponse> fetch(const HttpRequest& request, Deadline deadline, std::stop_token stop,
                             const BodyReceiver* receiver) override {
    CORDON_TRY(check_request(request.method, request.headers));
    CORDON_TRY(const std::string origin, origin_of(request.url));
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped before the request"};
    if (deadline.passed(clock_))
      return Error{Errc::timeout, "the deadline came before the request"};
    CORDON_TRY(const Lanes::Lease lane, lanes_.lease(origin, deadline, stop));
    return Transfer(request, receiver, options_, clock_, *lane).run(deadline, stop);
  }

 private:
  const HttpClientOptions options_;
  const Clock& clock_;
  Lanes lanes_;
};

}  // namespace

std::unique_ptr<HttpClient> make_curl_client(HttpClientOptions options, const Clock& clock) {
  return std::make_unique<CurlClient>(std::move(options), clock);
}

}  // namespace cordon
