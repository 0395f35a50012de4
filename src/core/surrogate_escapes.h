#pragma once

#include <string>
#include <string_view>

namespace cordon {

/// JSON can spell half of a surrogate pair ("\ud800"); UTF-8 has nothing for it, and parsers refuse
/// the whole text. Here each such escape becomes the three bytes that UTF-8 would need (ED A0 80),
/// so that the text can be read with ill-formed UTF-8 allowed, and whatever has one is not UTF-8
/// (`is_utf8`). All else stays. Pure; foreign bytes.
std::string surrogates_as_bytes(std::string_view json);

/// The way back for JSON that is to be sent on: the three bytes become an escape again. Pure.
std::string surrogates_as_escapes(std::string_view json);

}  // namespace cordon
