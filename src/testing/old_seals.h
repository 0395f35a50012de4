#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/text.h"
#include "core/tags.h"

namespace cordon {

/// Puts a seal of the form v1 into `tags`, as agents made it that knew no other: one that nothing
/// in the program can make any more. `secret` has 64 hex digits.
inline void seal_as_before(TagSet& tags, const std::string& key_id, std::string_view secret,
                           const std::string& content, const std::string& signatures = "27001") {
  std::array<std::byte, 32> key{};
  const std::string bytes = unhex(secret).value();
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(bytes.at(i));
  std::string message;
  for (const std::string& field :
       {std::string("cordon-seal/1"), tags["scan-result"], tags["date-scanned"], tags["virus-name"],
        tags["message"], hex(sha256(content)), std::to_string(content.size()), signatures}) {
    message += std::string(2, '\0') + static_cast<char>(field.size() >> 8U) +
               static_cast<char>(field.size() & 0xFFU) + field;
  }
  std::erase_if(tags, [](const auto& tag) { return tag.second.empty(); });
  const Sha256Digest digest = hmac_sha256(key, message);
  tags["scan-seal"] =
      "v1." + key_id + "." + signatures + "." + base64url(std::span(digest).first(16));
}

}  // namespace cordon
