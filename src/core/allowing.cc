#include "core/allowing.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kSha256Digits = 64;

bool applies(const AllowEntry& entry, const std::string& sha256, const ObjectRef& object,
             SystemTime now) {
  if (lower(entry.sha256) != sha256) return false;
  if (entry.bucket && *entry.bucket != object.bucket) return false;
  if (!entry.prefix.empty() && !(entry.bucket && object.key.str().starts_with(entry.prefix))) {
    return false;
  }
  return !entry.expires || now < *entry.expires;
}

}  // namespace

bool allowed(const Verdict& verdict, const std::optional<std::string>& sha256,
             const ObjectRef& object, const std::vector<AllowEntry>& entries, SystemTime now) {
  if (verdict.disposition != Disposition::infected || verdict.virus_names.empty()) return false;
  if (verdict.virus_names.size() >= kSignaturesNamedMax) return false;
  if (!sha256 || sha256->size() != kSha256Digits) return false;
  return std::all_of(
      verdict.virus_names.begin(), verdict.virus_names.end(), [&](const std::string& name) {
        return std::any_of(entries.begin(), entries.end(), [&](const AllowEntry& entry) {
          return entry.signature == name && applies(entry, *sha256, object, now);
        });
      });
}

}  // namespace cordon
