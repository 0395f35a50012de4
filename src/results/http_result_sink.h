#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/ports/result_sink.h"
#include "net/http_client.h"

namespace cordon {

/// The console that results are posted to.
struct ConsolePlace {
  std::string url;    ///< "https://console.example:8080", without a path of its own.
  std::string token;  ///< Of the role operator.
};

/// Results to a console over HTTP, where no queue leads to it: `POST /api/v1/results`, several in
/// a request. What the console refuses of a request costs none of the others.
///
/// Threads: any. `client` outlives it.
class HttpResultSink final : public ResultSink {
 public:
  HttpResultSink(HttpClient& client, ConsolePlace console)
      : client_(client), console_(std::move(console)) {}

  ResultOutcomes publish(std::span<const ScanResult> results, Deadline deadline,
                         std::stop_token stop) override;

 private:
  /// A result as it is sent, and where its outcome belongs.
  struct Line {
    std::size_t place = 0;
    std::string text;
  };
  void send(std::span<const Line> lines, ResultOutcomes& outcomes, Deadline deadline,
            const std::stop_token& stop);
  Result<HttpResponse> post(std::span<const Line> lines, Deadline deadline, std::stop_token stop);

  HttpClient& client_;
  const ConsolePlace console_;
};

/// "http://" or "https://", host and port, without user, path or question; a '/' at the end goes.
/// Pure. Errors: invalid, which says so.
Result<std::string> console_url(std::string_view text);

}  // namespace cordon
