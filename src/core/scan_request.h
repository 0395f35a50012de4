#pragma once

#include <string>

#include "core/event.h"

namespace cordon {

/// A Cordon scan request, "look at this object (again)", as a message of a queue; `decode_message`
/// reads it (docs/formats/events.md). Taken from `event`: bucket, key, version, ETag, size, the
/// object's time, `is_forced`, `acts_anywhere`. In ASCII, whatever the key: no queue refuses it.
/// Pure.
std::string encode_scan_request(const ObjectEvent& event);

}  // namespace cordon
