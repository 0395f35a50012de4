#include "base/error.h"

#include <utility>

namespace cordon {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::cancelled:
      return "cancelled";
    case Errc::timeout:
      return "timeout";
    case Errc::unavailable:
      return "unavailable";
    case Errc::throttled:
      return "throttled";
    case Errc::not_found:
      return "not_found";
    case Errc::denied:
      return "denied";
    case Errc::changed:
      return "changed";
    case Errc::invalid:
      return "invalid";
    case Errc::worker_died:
      return "worker_died";
  }
  return "unknown";
}

Error usage_error(std::string what) {
  return Error{Errc::invalid, std::move(what), ErrorCause::usage};
}

bool is_gone_or_changed(const Error& error) {
  return error.code == Errc::not_found || error.code == Errc::changed;
}

Error with_context(Error error, std::string_view context) {
  error.what.insert(0, ": ").insert(0, context);
  return error;
}

}  // namespace cordon
