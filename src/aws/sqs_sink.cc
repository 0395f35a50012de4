#include "aws/sqs_sink.h"

#include "aws/sqs_message.h"
#include "core/result_document.h"

namespace cordon {
namespace {

// What a queue takes that was made before the ceiling rose to 1 MiB.
constexpr std::size_t kBodyBytesMax = 256U << 10U;

}  // namespace

Result<void> SqsSink::publish(const ScanResult& result, Deadline deadline, std::stop_token stop) {
  if (options_.wanted && !options_.wanted(result)) return {};
  CORDON_TRY(std::string body, result_line(result, kBodyBytesMax, LineText::ascii));
  return send_message(
      client_,
      {.queue_url = options_.queue_url, .body = std::move(body), .region = options_.region},
      deadline, std::move(stop));
}

}  // namespace cordon
