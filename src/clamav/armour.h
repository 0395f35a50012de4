#pragma once

#include <string_view>

#include "clamav/member_feed.h"

namespace cordon {

/// True for the first line of a message in armour: "-----BEGIN PGP MESSAGE-----", "... PKCS7", "...
/// CMS". Keys, certificates and signatures hold no content, and clear-signed text is text.
bool begins_armour(std::string_view line);

/// Decodes what stands between the first line of `text`, which begins the armour, and the line that
/// ends it (or the end). False: there is nothing.
bool decode_armour(std::string_view text, StagedMember& out);

}  // namespace cordon
