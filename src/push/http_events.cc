// Who may post is known by a token, wherever a sender is able to put it: MinIO and RustFS send the
// header Authorization, Ceph's gateway sends none and posts to a path of our choice.

#include "push/http_events.h"

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "core/event.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::string_view kPath = "/events";
constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kBasic = "basic ";
constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kThreads = 16;  // So many events share a sync of the disk.
constexpr std::size_t kConnectionsMax = 256;
constexpr std::size_t kHeaderBytesMax = 16U << 10U;
constexpr std::chrono::seconds kIdleTime{30};
constexpr std::chrono::seconds kSendLimit{20};

/// Drops the body of whoever may not post: it costs no memory, and its sender gets an answer.
class DroppedBody final : public UploadSink {
 public:
  Result<void> write(std::string_view bytes) override {
    dropped_ += bytes.size();
    if (dropped_ <= kMessageBytesMax) return {};
    return Error{Errc::denied, "a long body without a token"};
  }

 private:
  std::size_t dropped_ = 0;
};

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// "/", "/events" and "/events/TOKEN".
bool is_our_path(std::string_view path) {
  return path == "/" || path == kPath || path.starts_with(std::string(kPath) + "/");
}

std::string_view token_in_path(std::string_view path) {
  if (!path.starts_with(kPath)) return "";
  path.remove_prefix(kPath.size());
  if (!path.empty()) path.remove_prefix(1);
  return path;
}

std::string password_in(std::string_view basic) {
  const Result<std::string> pair = unbase64(trim(basic));
  if (!pair) return "";
  const std::size_t colon = pair->find(':');
  return colon == std::string::npos ? "" : pair->substr(colon + 1);
}

void describe(Metrics& metrics) {
  metrics.describe("cordon_http_events_total", "Events that were posted, by what became of them");
}

}  // namespace

bool is_json_object(std::string_view text) {
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  boost::system::error_code failure;
  const json::value root =
      json::parse(json::string_view(text.data(), text.size()), failure, {}, limits);
  return !failure && root.is_object();
}

HttpEvents::HttpEvents(PushTokens tokens, const HttpEventsPorts& ports)
    : tokens_(std::move(tokens)), ports_(ports) {
  describe(ports_.metrics);
}

HttpServerOptions HttpEvents::server_options(std::string_view host, std::uint16_t port) {
  return HttpServerOptions{
      .host = std::string(host),
      .port = port,
      .threads = kThreads,
      .connections_max = kConnectionsMax,
      .body_bytes_max = kMessageBytesMax,
      .header_bytes_max = kHeaderBytesMax,
      .idle_timeout = kIdleTime,
      .upload = [this](const ServerRequest& head) -> std::shared_ptr<UploadSink> {
        if (may_post(head)) return nullptr;
        return std::make_shared<DroppedBody>();
      }};
}

bool HttpEvents::may_post(const ServerRequest& request) const {
  if (tokens_.has(token_in_path(path_of(request.target)))) return true;
  const std::string_view value = trim(request.headers.get("Authorization").value_or(""));
  const std::string scheme = lower(value.substr(0, kBearer.size()));
  if (scheme == kBearer) return tokens_.has(trim(value.substr(kBearer.size())));
  if (scheme.starts_with(kBasic)) return tokens_.has(password_in(value.substr(kBasic.size())));
  return tokens_.has(value);
}

ServerResponse HttpEvents::answer(const ServerRequest& request,
                                  const std::shared_ptr<UploadSink>& upload, std::stop_token stop) {
  if (!is_our_path(path_of(request.target))) return tell(404, "no-path", "post to /events");
  // Stores look whether somebody is there before they take us as a target.
  if (request.method == "GET" || request.method == "HEAD") {
    return ServerResponse{.status = 200,
                          .headers = {{"Content-Type", "text/plain"}},
                          .body = "cordon takes events here: POST, with a token\n"};
  }
  if (request.method != "POST") return tell(405, "no-method", "only POST");
  if (upload != nullptr || !may_post(request)) {
    ports_.log.write_limited(LogLevel::warn, "http_events.no_token", {{"peer", request.peer}});
    ServerResponse refused = tell(401, "no-token", "no token that is known here");
    refused.headers.add("WWW-Authenticate", "Bearer");
    return refused;
  }
  return take(request, std::move(stop));
}

ServerResponse HttpEvents::take(const ServerRequest& request, std::stop_token stop) {
  std::string body = request.body;
  if (body.starts_with("\xEF\xBB\xBF")) body.erase(0, 3);
  if (!is_json_object(body)) {
    ports_.log.write_limited(LogLevel::warn, "http_events.no_json", {{"peer", request.peer}});
    return tell(400, "no-json", "the body is no JSON object");
  }
  const Result<void> sent =
      ports_.events.send(body, Deadline::after(ports_.clock, kSendLimit), std::move(stop));
  if (sent) return tell(200, "taken", "taken");
  ports_.log.write_limited(LogLevel::error, "http_events.not_taken", {{"error", sent.error()}});
  if (sent.error().code == Errc::invalid) return tell(400, "invalid", "it can never be taken");
  const bool is_full = sent.error().cause == ErrorCause::staging;
  ServerResponse later = is_full ? tell(507, "full", "there is no room; come again later")
                                 : tell(503, "not-taken", "it could not be kept; come again");
  later.headers.add("Retry-After", is_full ? "30" : "5");
  return later;
}

ServerResponse HttpEvents::tell(int status, std::string_view outcome, std::string_view text) {
  ports_.metrics.count("cordon_http_events_total", {{"outcome", std::string(outcome)}});
  return ServerResponse{.status = status,
                        .headers = {{"Content-Type", "text/plain"}},
                        .body = std::string(text) + "\n"};
}

}  // namespace cordon
