#include "apps/cordon/services/endpoint_mark.h"

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kDigestCharacters = 8;

}  // namespace

std::string endpoint_mark(const AccountIdentity& identity) {
  if (!identity.endpoint) return "";
  return "-" + hex(sha256(*identity.endpoint)).substr(0, kDigestCharacters);
}

}  // namespace cordon
