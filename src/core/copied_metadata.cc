#include "core/copied_metadata.h"

#include "core/provenance.h"

namespace cordon {

std::map<std::string, std::string> copied_metadata(
    const std::map<std::string, std::string>& source,
    const std::map<std::string, std::string>& added) {
  std::map<std::string, std::string> copied = source;
  // Also when one of ours finds no room below: the uploader's word must not stand in its place.
  std::erase_if(copied, [](const auto& field) { return field.first.starts_with("cordon-"); });
  for (const auto& [name, value] : added) copied.erase(name);
  std::size_t bytes = 0;
  for (const auto& [name, value] : copied) bytes += name.size() + value.size();
  // What stops circles first.
  for (const bool counts_hops : {true, false}) {
    for (const auto& [name, value] : added) {
      const bool is_count = name == kMetaAt || name == kMetaResult || name == kMetaHops;
      const std::size_t needed = name.size() + value.size();
      if (is_count != counts_hops || bytes + needed > kMetadataBytesMax) continue;
      copied.emplace(name, value);
      bytes += needed;
    }
  }
  return copied;
}

}  // namespace cordon
