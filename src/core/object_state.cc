#include "core/object_state.h"

namespace cordon {

bool is_same_state(const ObjectHead& before, const ObjectHead& now) {
  if (before.etag != now.etag || before.bytes != now.bytes || before.version != now.version) {
    return false;
  }
  if (before.modified != now.modified) return false;
  const bool comparable =
      before.checksum && now.checksum && before.checksum->algorithm == now.checksum->algorithm;
  return !comparable || *before.checksum == *now.checksum;
}

}  // namespace cordon
