#include <cstdint>
#include <filesystem>

#include "clamav/mail_parts.h"

// Mails, mailboxes, form bodies, and what is encoded in their text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::filesystem::path temp = std::filesystem::temp_directory_path();
  const auto bytes = std::as_bytes(std::span(data, size));
  (void)cordon::looks_like_mail(bytes);
  (void)cordon::read_mail_parts(bytes, temp, {.bytes_max = 64U << 20}, [](auto) { return true; });
  return 0;
}
