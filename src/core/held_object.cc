#include "core/held_object.h"

#include "core/provenance.h"

namespace cordon {

std::string held_id(const HeldObject& held) {
  return source_mark(held.object, held.etag.value_or(ETag())).substr(0, 64);
}

}  // namespace cordon
