#pragma once

#include <string_view>

namespace cordon {

/// Whether the list of an If-None-Match names this entity tag, quotes included. Compared weakly:
/// https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match
bool names_entity_tag(std::string_view list, std::string_view tag);

}  // namespace cordon
