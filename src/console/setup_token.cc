#include "console/setup_token.h"

#include "base/digest.h"
#include "core/api_token.h"
#include "core/secret_text.h"

namespace cordon {
namespace {

constexpr std::chrono::hours kLife{1};

}  // namespace

std::string SetupToken::begin(Random& random) {
  std::string secret = new_secret_text(kSetupPrefix, random);
  kept_.with([&](auto& kept) {
    kept = Kept{digest_of_secret(secret), clock_.steady_now() + kLife};
  });
  return secret;
}

bool SetupToken::matches(std::string_view text) const {
  const std::string digest = digest_of_secret(text);
  return kept_.with([&](const auto& kept) {
    return kept && clock_.steady_now() < kept->expires && equal_constant_time(kept->digest, digest);
  });
}

void SetupToken::end() {
  kept_.with([](auto& kept) { kept.reset(); });
}

}  // namespace cordon
