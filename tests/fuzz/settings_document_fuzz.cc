#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "settings/settings_document.h"

// A settings document of either format; what is accepted is written back as what was read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto format : {cordon::SettingsFormat::json, cordon::SettingsFormat::toml}) {
    const cordon::SettingsReading reading = cordon::read_settings(text, format);
    CORDON_CHECK(reading.settings.has_value() == reading.problems.empty());
    if (!reading.settings) continue;
    const std::string document = cordon::to_document(*reading.settings);
    CORDON_CHECK(read_settings(document, cordon::SettingsFormat::json).settings ==
                 reading.settings);
  }
  return 0;
}
