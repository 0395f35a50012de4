#include "agent/allowance.h"

#include "base/retry.h"
#include "core/allowing.h"
#include "core/ports/small_document.h"

namespace cordon {
namespace {

Result<bool> has_mark(const ScannedState& scanned, const AllowancePorts& ports, Deadline deadline,
                      std::stop_token stop) {
  const ObjectRef place{ports.quarantine,
                        allow_mark_key(scanned.object.bucket, scanned.object.key, scanned.sha256)};
  const Result<SmallDocument> document =
      read_small(ports.store, place, kAllowMarkBytesMax, deadline, std::move(stop));
  Result<AllowMark> mark =
      document ? decode_allow_mark(document->text) : Result<AllowMark>(document.error());
  if (mark) return lets_pass(*mark, scanned, ports.clock.system_now());
  const Error& error = mark.error();
  if (error.code == Errc::cancelled || is_transient(error.code)) return error;
  if (error.code != Errc::not_found) {
    ports.log.write_limited(LogLevel::warn, "allow.mark_unreadable",
                            {{"mark", to_string(place)}, {"error", error}});
  }
  return false;
}

}  // namespace

Result<bool> allowance_for(const Verdict& verdict, const ScannedState& scanned,
                           const AllowancePorts& ports, Deadline deadline, std::stop_token stop) {
  if (scanned.sha256.empty()) return false;
  if (ports.list &&
      allowed(verdict, scanned.sha256, scanned.object, ports.list(), ports.clock.system_now())) {
    return true;
  }
  return has_mark(scanned, ports, deadline, std::move(stop));
}

}  // namespace cordon
