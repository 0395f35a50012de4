#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"

// Text forms go both ways: what decodes, encodes to something that decodes to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cordon;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CORDON_CHECK(percent_decode(percent_encode(text, false)).value() == text);
  CORDON_CHECK(unbase64(base64(as_bytes_of(text))).value() == text);
  CORDON_CHECK(is_utf8(utf8_clean(text, size)));
  const std::string clean = shown(text);
  CORDON_CHECK(is_utf8(clean));
  for (std::string_view rest = clean; !rest.empty();) {
    CORDON_CHECK(is_plain_to_show(take_character(rest)));
  }
  for (const char c : ascii_json(text)) CORDON_CHECK(static_cast<unsigned char>(c) < 0x80);
  if (const auto time = parse_rfc3339(text)) CORDON_CHECK(parse_rfc3339(rfc3339_ms(*time)).ok());
  if (const auto time = parse_http_date(text)) CORDON_CHECK(parse_http_date(http_date(*time)).ok());
  (void)form_decode(text).ok();
  (void)parse_u64(text).has_value();
  return 0;
}
