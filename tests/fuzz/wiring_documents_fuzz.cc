#include <cstdint>
#include <string_view>

#include "aws/event_bridge.h"
#include "aws/file_shares.h"
#include "aws/sns_listening.h"
#include "aws/sqs_dead_letters.h"

// What SNS, EventBridge, Storage Gateway and the dead letters answer with.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)cordon::decode_listening(text).ok();
  (void)cordon::decode_rule(text).ok();
  (void)cordon::decode_targets(text).ok();
  (void)cordon::decode_share_page(text).ok();
  (void)cordon::decode_share(text, cordon::FileShare::Protocol::nfs).ok();
  (void)cordon::decode_dead_letter(text, {}, cordon::SystemTime{}).ok();
  return 0;
}
