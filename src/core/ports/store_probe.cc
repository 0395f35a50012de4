#include "core/ports/store_probe.h"

namespace cordon {

std::optional<std::string> shortcomings_of(const StoreTraits& traits) {
  std::string text;
  const auto add = [&](bool has, const char* what) {
    if (!has) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(traits.heeds_source, "it copies what has another ETag than asked for");
  add(traits.heeds_place, "it copies over what is there although a free place was asked for");
  add(traits.heeds_delete, "it deletes what has another ETag than asked for");
  add(traits.tags_copies, "it drops the tags of copies");
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace cordon
