// One call: where it goes, what it is signed with, and what an answer teaches for the next try.
//
// Signing happens inside the attempt, so that a retry after a minute carries a fresh date and, when
// they were renewed meanwhile, fresh credentials. Three answers are not failures yet, because they
// say how to succeed: a clock that is off (the answer has the right time), an expired session, and
// a bucket that lives elsewhere. Each is followed at once and at most once in a call, outside the
// retry budget, which is there for overload. Only a region's name is taken from an answer, never a
// host, so that no answer can send our signature to a stranger.

#include "aws/signing_client.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "aws/service_error.h"
#include "aws/sigv4.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kBucketRegionsMax = 10'000;
constexpr int kSendsMax = 4;  // One, and one more for each of the three corrections.
// AWS accepts 15 minutes (5 in most services); a smaller difference was not the reason.
constexpr std::chrono::seconds kSkewMin{60};
// Longer bodies are not hashed for the signature when TLS and Content-MD5 guard them.
constexpr std::size_t kHashedBytesMax = 1U << 20U;

bool is_success(int status) { return (status >= 200 && status < 300) || status == 304; }

bool has_checksum(const Headers& headers) {
  return std::any_of(headers.all().begin(), headers.all().end(), [](const auto& field) {
    const std::string name = lower(field.first);
    return name == "content-md5" || name.starts_with("x-amz-checksum-");
  });
}

SigningForm form_of(AwsService service) {
  return service == AwsService::s3 ? SigningForm::s3 : SigningForm::general;
}

// x-amz-retry-after counts milliseconds, Retry-After seconds or names a moment.
std::chrono::milliseconds asked_delay(const Headers& headers, SystemTime now) {
  constexpr std::uint64_t kMsMax = 3'600'000;
  if (const auto text = headers.get("x-amz-retry-after")) {
    if (const auto ms = parse_u64(trim(*text))) {
      return std::chrono::milliseconds(std::min(*ms, kMsMax));
    }
  }
  const auto text = headers.get("retry-after");
  if (!text) return std::chrono::milliseconds(0);
  if (const auto seconds = parse_u64(trim(*text))) {
    return std::chrono::seconds(std::min(*seconds, kMsMax / 1000));
  }
  const Result<SystemTime> moment = parse_http_date(trim(*text));
  if (!moment || *moment <= now) return std::chrono::milliseconds(0);
  return std::chrono::ceil<std::chrono::milliseconds>(*moment - now);
}

// The query as it is sent: like the signed one, but "tagging" instead of "tagging=", as every S3
// client writes it.
std::string wire_query(const QueryParameters& query) {
  std::string text = canonical_query(query);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool last = i + 1 == text.size();
    if (text[i] == '=' && (last || text[i + 1] == '&')) continue;
    out.push_back(text[i]);
  }
  return out;
}

// Whether what failed may have taken effect all the same. Throttled is what was not begun.
bool may_be_done(const Result<HttpResponse>& response) {
  return !response && response.error().code != Errc::throttled;
}

}  // namespace

std::optional<Region> BucketRegions::find(const BucketName& bucket) const {
  return regions_.with([&](const auto& regions) -> std::optional<Region> {
    const auto it = regions.find(bucket);
    if (it == regions.end()) return std::nullopt;
    return it->second;
  });
}

void BucketRegions::remember(const BucketName& bucket, const Region& region) {
  regions_.with([&](auto& regions) {
    if (regions.size() >= kBucketRegionsMax) regions.clear();  // Learnt again at one request each.
    regions[bucket] = region;
  });
}

/// One call with all its attempts.
class SigningClient::Exchange {
 public:
  Exchange(SigningClient& client, const AwsCall& call, Deadline deadline, std::stop_token stop,
           const BodyReceiver* receiver)
      : client_(client),
        deps_(client.deps_),
        call_(call),
        deadline_(deadline),
        stop_(std::move(stop)),
        receiver_(receiver) {
    region_ = call.region.value_or(client.options_.region);
    if (call.bucket) region_ = deps_.bucket_regions.find(*call.bucket).value_or(region_);
  }

  /// One attempt, with the corrections that its answers ask for.
  Result<HttpResponse> attempt() {
    asked_ = std::chrono::milliseconds(0);
    for (int sent = 1;; ++sent) {
      CORDON_TRY(const HttpRequest request, signed_request());
      Result<HttpResponse> response = send(request);
      if (!response) return explained(std::move(response).error());
      if (is_success(response->status)) return own(*std::move(response));
      const RemoteError remote = decode_remote_error(*response);
      if (sent < kSendsMax && corrected(*response, remote)) continue;
      asked_ = asked_delay(response->headers, deps_.clock.system_now());
      return service_error(call_, response->status, remote);
    }
  }

  bool body_begun() const { return body_begun_; }
  const std::chrono::milliseconds* asked() const { return &asked_; }

 private:
  Result<Target> find_target() {
    CORDON_TRY(const Endpoint endpoint,
               resolve_endpoint(client_.options_.endpoints, call_.service, region_));
    endpoint_text_ = endpoint.url.text();
    endpoint_configured_ = endpoint.configured;
    return target_of(endpoint, client_.options_.endpoints.bucket_style, call_);
  }

  SigningScope scope() const {
    const auto skew = client_.skew_.with([](const auto& seconds) { return seconds; });
    return {deps_.clock.system_now() + skew, region_.str(),
            std::string(signing_name(call_.service)), form_of(call_.service)};
  }

  SignableRequest signable(const Target& target) const {
    return {call_.method, target.host, target.path, call_.query, call_.headers, ""};
  }

  std::string payload_hash(const SignableRequest& request, bool tls) const {
    const bool unsigned_body = call_.service == AwsService::s3 && tls &&
                               call_.body.size() > kHashedBytesMax && has_checksum(request.headers);
    return unsigned_body ? std::string(kUnsignedPayload) : hex(sha256(call_.body));
  }

  // Files and variables that say who we are can be wrong for a while, when somebody changes them,
  // and never make what is asked for invalid.
  Result<AwsCredentials> credentials_now() {
    Result<AwsCredentials> credentials = deps_.credentials->get(deadline_, stop_);
    if (credentials || credentials.error().code != Errc::invalid) return credentials;
    return Error{Errc::denied, std::move(credentials.error().what), ErrorCause::credentials};
  }

  Result<HttpRequest> signed_request() {
    CORDON_TRY(const Target target, find_target());
    SignableRequest request = signable(target);
    // S3 refuses some changes without a checksum, and it guards all others on their way, too.
    if (call_.service == AwsService::s3 && !call_.body.empty() && !has_checksum(request.headers)) {
      request.headers.add("Content-MD5", base64(md5(as_bytes_of(call_.body))));
    }
    if (deps_.credentials != nullptr) {
      CORDON_TRY(const AwsCredentials credentials, credentials_now());
      key_id_ = credentials.access_key_id;
      const SigningScope now = scope();
      signed_at_ = now.time;
      request.payload_hash = payload_hash(request, target.tls);
      sign(request, credentials, now);
    }
    return HttpRequest{call_.method, target.url(wire_query(call_.query)),
                       std::move(request.headers), call_.body};
  }

  Result<HttpResponse> send(const HttpRequest& request) {
    if (receiver_ == nullptr) return deps_.http.fetch(request, deadline_, stop_);
    const BodyReceiver watched{[this](const HttpResponse& head) -> Result<bool> {
                                 // An error's body is for us.
                                 if (!is_success(head.status)) return false;
                                 return receiver_->head(head);
                               },
                               [this](std::span<const std::byte> bytes) {
                                 body_begun_ = body_begun_ || !bytes.empty();
                                 return receiver_->piece(bytes);
                               }};
    return deps_.http.fetch(request, deadline_, stop_, &watched);
  }

  // A success is believed when the service said so.
  Result<HttpResponse> own(HttpResponse response) const {
    if (receiver_ != nullptr || !is_foreign_success(call_, response)) return response;
    return service_error(call_, response);
  }

  // True when another send at once may succeed.
  bool corrected(const HttpResponse& response, const RemoteError& remote) {
    return clock_corrected(response, remote) || session_renewed(remote) ||
           region_corrected(response, remote);
  }

  bool clock_corrected(const HttpResponse& response, const RemoteError& remote) {
    // The answer to HEAD has no body, so no code: there the Date alone must tell.
    const bool told = is_clock_skew(remote);
    const bool guessed = remote.code.empty() && (response.status == 403 || response.status == 400);
    if (clock_corrected_ || deps_.credentials == nullptr || (!told && !guessed)) return false;
    const Result<SystemTime> date = parse_http_date(response.headers.get("date").value_or(""));
    if (!date) return false;
    const auto off = std::chrono::round<std::chrono::seconds>(*date - signed_at_);
    if (std::chrono::abs(off) < (told ? kSkewMin : 5 * kSkewMin)) return false;
    const auto skew = std::chrono::round<std::chrono::seconds>(*date - deps_.clock.system_now());
    client_.skew_.with([&](auto& seconds) { seconds = skew; });
    deps_.log.warn("aws.clock_skew", {{"operation", call_.operation},
                                      {"seconds", static_cast<std::int64_t>(skew.count())},
                                      {"advice", "set this machine's clock (NTP)"}});
    clock_corrected_ = true;
    return true;
  }

  bool session_renewed(const RemoteError& remote) {
    if (session_renewed_ || deps_.credentials == nullptr || !is_expired_token(remote)) return false;
    deps_.credentials->reject(key_id_);
    session_renewed_ = true;
    return true;
  }

  bool region_corrected(const HttpResponse& response, const RemoteError& remote) {
    const bool tells = response.status == 301 || response.status == 307 || response.status == 400;
    if (region_corrected_ || !call_.bucket || !tells) return false;
    if (remote.region.empty() || remote.region == region_.str()) return false;
    region_ = Region(remote.region);
    deps_.bucket_regions.remember(*call_.bucket, region_);
    deps_.log.info("aws.bucket_region",
                   {{"bucket", call_.bucket->str()}, {"region", region_.str()}});
    region_corrected_ = true;
    return true;
  }

  // A transport error, with what it was about and, where that may be the cause, the endpoint.
  Error explained(Error error) const {
    if (error.code == Errc::unavailable && endpoint_configured_ && !body_begun_) {
      error.what += "; the endpoint is " + endpoint_text_ +
                    " (--endpoint-url, AWS_ENDPOINT_URL or the profile says so): is it right and "
                    "running?";
    }
    return with_context(std::move(error), call_.operation + " " + resource_of(call_));
  }

  SigningClient& client_;
  const Dependencies& deps_;
  const AwsCall& call_;
  Deadline deadline_;
  std::stop_token stop_;
  const BodyReceiver* receiver_;

  Region region_;
  std::string endpoint_text_;
  bool endpoint_configured_ = false;
  std::string key_id_;
  SystemTime signed_at_;
  std::chrono::milliseconds asked_{0};
  bool body_begun_ = false;
  bool clock_corrected_ = false;
  bool session_renewed_ = false;
  bool region_corrected_ = false;
};

Result<HttpResponse> SigningClient::call(const AwsCall& call, Deadline deadline,
                                         std::stop_token stop, const BodyReceiver* receiver) {
  Exchange exchange(*this, call, deadline, stop, receiver);
  RetryPolicy policy = options_.retry;
  const RetryContext context{policy,   budget_, deps_.clock,     deps_.random,
                             deadline, stop,    exchange.asked()};
  return retry(context, [&](int n) {
    Result<HttpResponse> response = exchange.attempt();
    // The receiver has a part of the body: only its owner can ask for the rest.
    const bool is_over = exchange.body_begun() || (!call.is_repeatable && may_be_done(response));
    if (is_over) policy.attempts_max = n;
    return response;
  });
}

}  // namespace cordon
