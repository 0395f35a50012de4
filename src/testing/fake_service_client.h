#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "aws/service_client.h"

namespace cordon {

/// A ServiceClient that answers from a script or by a function, and keeps what it was asked.
///
/// Threads: any. An answer that nobody prepared is an error, so that no test passes by accident.
class FakeServiceClient final : public ServiceClient {
 public:
  using Handler =
      std::function<Result<HttpResponse>(const AwsCall& call, Deadline deadline, std::stop_token)>;

  explicit FakeServiceClient(Region region = Region("eu-west-1")) : region_(std::move(region)) {}

  const Region& region() const override { return region_; }
  Result<HttpResponse> call(const AwsCall& call, Deadline deadline, std::stop_token stop,
                            const BodyReceiver* receiver = nullptr) override;

  /// The answer to the next call; answers are used in order.
  void will_answer(Result<HttpResponse> answer);
  void will_answer(int status, Headers headers, std::string body);
  /// Answers every call that finds no prepared answer.
  void answer_by(Handler handler);

  std::vector<AwsCall> calls() const;
  AwsCall last_call() const;
  std::vector<std::string> operations() const;

  /// A body goes to a receiver in pieces of this size.
  std::size_t piece_bytes = 7;

 private:
  Result<HttpResponse> deliver(HttpResponse response, const BodyReceiver& receiver) const;

  const Region region_;
  mutable std::mutex mutex_;
  std::deque<Result<HttpResponse>> answers_;
  Handler handler_;
  std::vector<AwsCall> calls_;
};

/// The error that the real client makes of a service's answer.
Error remote_error(Errc code, std::string remote_code, std::string text = "said the service");

}  // namespace cordon
