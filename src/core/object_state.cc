#include "core/object_state.h"

namespace cordon {

bool have_comparable_checksums(const std::optional<ObjectChecksum>& a,
                               const std::optional<ObjectChecksum>& b) {
  return a && b && a->algorithm == b->algorithm;
}

bool is_same_state(const ObjectHead& before, const ObjectHead& now) {
  if (before.etag != now.etag || before.bytes != now.bytes || before.version != now.version) {
    return false;
  }
  if (before.modified != now.modified) return false;
  return !have_comparable_checksums(before.checksum, now.checksum) ||
         *before.checksum == *now.checksum;
}

}  // namespace cordon
