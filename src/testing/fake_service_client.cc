#include "testing/fake_service_client.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/text.h"

namespace cordon {

Result<HttpResponse> FakeServiceClient::call(const AwsCall& call, Deadline deadline,
                                             std::stop_token stop, const BodyReceiver* receiver) {
  std::optional<Result<HttpResponse>> answer;
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    handler = handler_;
    if (!answers_.empty()) {
      answer = std::move(answers_.front());
      answers_.pop_front();
    }
  }
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  if (!answer && handler) answer = handler(call, deadline, stop);
  if (!answer) return Error{Errc::invalid, "no answer was prepared for " + call.operation};
  if (!*answer || receiver == nullptr) return *std::move(answer);
  return deliver(**std::move(answer), *receiver);
}

Result<HttpResponse> FakeServiceClient::deliver(HttpResponse response,
                                                const BodyReceiver& receiver) const {
  CORDON_TRY(const bool wanted, receiver.head(response));
  if (!wanted) return response;
  const auto bytes = as_bytes_of(response.body);
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    CORDON_TRY(receiver.piece(bytes.subspan(at, std::min(piece_bytes, bytes.size() - at))));
  }
  response.body.clear();
  return response;
}

void FakeServiceClient::will_answer(Result<HttpResponse> answer) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
}

void FakeServiceClient::will_answer(int status, Headers headers, std::string body) {
  will_answer(HttpResponse{status, std::move(headers), std::move(body)});
}

void FakeServiceClient::answer_by(Handler handler) {
  const std::lock_guard lock(mutex_);
  handler_ = std::move(handler);
}

std::vector<AwsCall> FakeServiceClient::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

AwsCall FakeServiceClient::last_call() const {
  const std::lock_guard lock(mutex_);
  CORDON_CHECK(!calls_.empty());
  return calls_.back();
}

std::vector<std::string> FakeServiceClient::operations() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const AwsCall& call : calls_) names.push_back(call.operation);
  return names;
}

Error remote_error(Errc code, std::string remote_code, std::string text) {
  Error error{code, remote_code + ": " + text};
  error.remote_code = std::move(remote_code);
  return error;
}

}  // namespace cordon
