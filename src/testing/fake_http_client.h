#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "net/http_client.h"

namespace cordon {

/// An HttpClient that answers from a script or by a function, and keeps what it was asked. An
/// answer that nobody prepared is an error.
///
/// Threads: any.
class FakeHttpClient final : public HttpClient {
 public:
  using Handler = std::function<Result<HttpResponse>(const HttpRequest& request, Deadline deadline,
                                                     std::stop_token stop)>;

  Result<HttpResponse> fetch(const HttpRequest& request, Deadline deadline, std::stop_token stop,
                             const BodyReceiver* receiver = nullptr) override {
    Handler handler;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      handler = handler_;
      if (!script_.empty()) {
        handler = std::move(script_.front());
        script_.pop_front();
      }
    }
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    if (!handler) return Error{Errc::invalid, "no answer was prepared for " + request.url};
    CORDON_TRY(HttpResponse response, handler(request, deadline, stop));
    if (receiver == nullptr) return response;
    return deliver(std::move(response), *receiver);
  }

  /// The answer to the next request for which none is prepared yet.
  void answer(HttpResponse response) {
    answer_by([response](const auto&, auto, auto) { return Result<HttpResponse>(response); });
  }
  void answer(Error error) {
    answer_by([error](const auto&, auto, auto) { return Result<HttpResponse>(error); });
  }
  void answer_by(Handler handler) {
    const std::lock_guard lock(mutex_);
    script_.push_back(std::move(handler));
  }
  /// Answers every request that finds no prepared answer.
  void answer_rest(Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
  }

  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  /// When set, a body breaks off after so many bytes.
  std::size_t cut_after = std::string::npos;

 private:
  Result<HttpResponse> deliver(HttpResponse response, const BodyReceiver& receiver) const {
    CORDON_TRY(const bool wanted, receiver.head(response));
    if (!wanted) return response;
    const auto bytes = as_bytes_of(response.body);
    CORDON_TRY(receiver.piece(bytes.first(std::min(cut_after, bytes.size()))));
    if (cut_after < bytes.size()) return Error{Errc::unavailable, "cut in the middle"};
    response.body.clear();
    return response;
  }

  mutable std::mutex mutex_;
  std::deque<Handler> script_;
  Handler handler_;
  std::vector<HttpRequest> requests_;
};

}  // namespace cordon
