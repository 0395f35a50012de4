#pragma once

#include <memory>
#include <stop_token>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/ports/event_sender.h"
#include "net/http_server.h"
#include "push/push_tokens.h"

namespace cordon {

/// Everything that the intake needs. All of it outlives the intake.
struct HttpEventsPorts {
  EventSender& events;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
};

/// What stores post when something was uploaded: an event each, taken with a token, and answered
/// when it is durable (docs/formats/events.md).
///
/// Threads: any. Never throws.
class HttpEvents {
 public:
  HttpEvents(PushTokens tokens, const HttpEventsPorts& ports);

  /// The options of a server for this: bounded, so that who may not post anything costs little.
  /// This object outlives the server.
  HttpServerOptions server_options(std::string_view host, std::uint16_t port);
  /// `upload` is what took the body of a request without a token; else null.
  ServerResponse answer(const ServerRequest& request, const std::shared_ptr<UploadSink>& upload,
                        std::stop_token stop);

 private:
  bool may_post(const ServerRequest& request) const;
  ServerResponse take(const ServerRequest& request, std::stop_token stop);
  ServerResponse tell(int status, std::string_view outcome, std::string_view text);

  const PushTokens tokens_;
  const HttpEventsPorts ports_;
};

/// Whether the text is one JSON object, no deeper than events may be. Pure; foreign bytes.
bool is_json_object(std::string_view text);

}  // namespace cordon
