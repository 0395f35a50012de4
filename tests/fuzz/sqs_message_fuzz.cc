#include <cstdint>
#include <string_view>

#include "aws/message_text.h"
#include "aws/sqs_queue.h"

// One element of a queue's answer: a claim can be given back, or it is no claim.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto claim = cordon::decode_sqs_message(json, cordon::SystemTime());
  if (claim) CORDON_CHECK(!claim->receipt.empty() && claim->receive_count >= 1);
  // Whatever came can be put to the dead letters.
  CORDON_CHECK(cordon::is_message_text(cordon::message_body(json)));
  CORDON_CHECK(cordon::is_message_text(cordon::message_attribute(json, size)));
  return 0;
}
