#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "core/sealing.h"

// A seal from somebody's tags, and a key file: a text is the one form of what it says, or an error;
// and no tags that were not made with the key are ever sealed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cordon;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const SealKeyRing kRing = SealKeyRing::parse("k1 " + std::string(64, '7')).value();
  if (const auto seal = parse_seal(text)) CORDON_CHECK(to_string(*seal) == text);
  if (const auto ring = SealKeyRing::parse(text)) CORDON_CHECK(ring->knows(ring->signing_key_id()));
  const TagSet tags{{"scan-result", "Clean"}, {"scan-seal", std::string(text)}};
  CORDON_CHECK(check_seal(tags, {}, {"", size}, kRing).state != SealState::valid);
  CORDON_CHECK(!is_sealed_at(tags, {}, size, {{BucketName("b"), ObjectKey("k")}, {}}, kRing));
  if (const auto policy = VerdictPolicy::parse(text)) CORDON_CHECK(policy->code() == text);
  if (const auto seal = parse_seal(text)) {
    const auto origin = origin_of(*seal);
    CORDON_CHECK(origin.has_value() == (seal->form == SealForm::v2));
    if (origin) CORDON_CHECK(iso8601_basic(origin->time) == seal->time);
  }
  return 0;
}
