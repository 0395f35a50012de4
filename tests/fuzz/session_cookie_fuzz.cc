#include <cstdint>
#include <string>

#include "base/check.h"
#include "console/client_address.h"
#include "console/page_origin.h"
#include "core/secret_text.h"

// What a browser says of itself, to whoever can reach the console.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const cordon::ServerRequest request{
      .headers = {{"Cookie", text}, {"Origin", text}, {"Host", text}, {"X-Forwarded-For", text}},
      .peer = text};
  for (const auto kind : {cordon::CookieKind::plain, cordon::CookieKind::over_tls}) {
    const auto secret = cordon::session_secret_in(request, kind);
    CORDON_CHECK(!secret || cordon::is_secret_text(cordon::kSessionPrefix, *secret));
  }
  if (const auto origin = cordon::PageOrigin::parse(text)) (void)origin->is_foreign(request);
  (void)cordon::PageOrigin().is_foreign(request);
  (void)cordon::client_address(request, 0), (void)cordon::client_address(request, 2);
  return 0;
}
