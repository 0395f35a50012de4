#include "core/content_class.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace cordon {
namespace {

constexpr std::array<std::pair<ContentClass, std::string_view>, 10> kClasses = {{
    {ContentClass::archive, "archive"},
    {ContentClass::disk_image, "disk-image"},
    {ContentClass::mail_store, "mail-store"},
    {ContentClass::installer, "installer"},
    {ContentClass::backup, "backup"},
    {ContentClass::document, "document"},
    {ContentClass::program, "program"},
    {ContentClass::text, "text"},
    {ContentClass::media, "media"},
    {ContentClass::data, "data"},
}};

}  // namespace

std::string_view name_of(ContentClass content_class) {
  for (const auto& [value, name] : kClasses) {
    if (value == content_class) return name;
  }
  CORDON_CHECK(false);
}

std::optional<ContentClass> parse_content_class(std::string_view name) {
  for (const auto& [value, known] : kClasses) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace cordon
